import { parentPort, workerData } from "node:worker_threads";
import { SluiceError } from "../errors/index.ts";
import { type FromThread, READY, type ThreadStart, type ToThread, toFailure } from "./messages.ts";

/** What runs on a thread. */
export interface ThreadService {
  /** Asked as questions come, without waiting for earlier ones: what must not overlap is the service's to see to. */
  answer(question: unknown): Promise<unknown>;
  /** Called after the last question was answered. */
  close(): Promise<void>;
}

/** What the module of a thread exports. */
export interface ThreadModule {
  /** Gets the data that the thread was started with; what it throws is thrown by `Thread.start`. */
  open(data: unknown): Promise<ThreadService>;
}

/**
 * Serves the questions of whoever started this thread, until told to end. Called once, by what `Thread` runs first.
 * @throws internal outside a thread
 */
export async function serveThread({ open }: ThreadModule): Promise<void> {
  if (parentPort === null) throw new SluiceError("internal", "This module serves a thread and cannot run by itself.");
  const port = parentPort;
  const say = (message: FromThread): void => port.postMessage(message);
  const reply = (id: number, work: Promise<unknown>): Promise<void> =>
    // An answer that cannot be copied is a failure too.
    work.then((answer) => say({ id, answer })).catch((error: unknown) => say({ id, failure: toFailure(error) }));
  const opening = open((workerData as ThreadStart).data);
  await reply(
    READY,
    opening.then(() => undefined),
  );
  const service = await opening.catch(() => undefined);
  if (service === undefined) return;
  const running = new Set<Promise<void>>();
  const end = async (): Promise<void> => {
    await Promise.all(running);
    await service.close();
    port.close();
  };
  port.on("message", (message: ToThread) => {
    if (message === undefined) {
      // A failure to close ends the thread with an error, as any other that nobody waits for.
      void end();
      return;
    }
    const { id, question } = message;
    const work = reply(id, service.answer(question)).finally(() => running.delete(work));
    running.add(work);
  });
}
