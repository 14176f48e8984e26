import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { SluiceError } from "../errors/index.ts";
import { type FromThread, fromFailure, READY, type ThreadStart, type ToThread } from "./messages.ts";

export interface ThreadOptions {
  /** What runs there, for errors: "the books". */
  readonly name: string;
  /** The module whose `open` makes the service (`ThreadModule`). */
  readonly entry: URL;
  /** Given to the service; copied. */
  readonly data: unknown;
  /** Called when the thread ends by itself; default: the error is thrown where nobody can catch it, so that the process ends. */
  readonly onFailure?: (error: SluiceError) => void;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: SluiceError) => void;
}

/** Questions that may wait; whoever asks waits for answers, so that more of them are a fault. */
const WAITING_MAX = 10_000;
/** Objects live shortly there, so that room for new ones beyond this costs memory and saves nothing. */
const NEW_OBJECTS_MIB = 16;
/**
 * Runs first on the thread: a thread does not look for kept compiled code by itself, and compiling everything anew would take it most of a
 * second and twenty megabytes.
 */
const FIRST = `
const { enableCompileCache } = require("node:module");
const { workerData } = require("node:worker_threads");
if (workerData.compiled !== undefined) enableCompileCache(workerData.compiled);
Promise.all([import(workerData.serve), import(workerData.entry)]).then(([{ serveThread }, entry]) => serveThread(entry));
`;
const SERVE = new URL("./serve-thread.ts", import.meta.url);

/**
 * A thread of this process that answers questions, in a module of its own: for work that must not keep others waiting. Questions and answers
 * are copied. While nobody asks, it keeps no process alive; when it ends by itself, so does the process.
 */
export class Thread {
  readonly #options: ThreadOptions;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #last = READY;
  #isStopping = false;
  #failure: SluiceError | undefined;

  private constructor(options: ThreadOptions) {
    this.#options = options;
    const cache = getCompileCacheDir();
    const compiled = cache === undefined ? undefined : dirname(cache);
    const workerData: ThreadStart = { serve: SERVE.href, entry: options.entry.href, compiled, data: options.data };
    const resourceLimits = { maxYoungGenerationSizeMb: NEW_OBJECTS_MIB };
    this.#worker = new Worker(FIRST, { eval: true, name: options.name, workerData, resourceLimits });
    this.#worker.on("message", (message: FromThread) => this.#hear(message));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#ended = new Promise((resolve) => {
      this.#worker.on("exit", () => {
        if (!this.#isStopping) this.#fail(undefined);
        resolve();
      });
    });
  }

  /** Resolves when the thread serves. @throws what its service throws when it is opened */
  static async start(options: ThreadOptions): Promise<Thread> {
    const thread = new Thread(options);
    try {
      await thread.#wait(READY);
    } catch (error) {
      thread.#isStopping = true;
      await thread.#worker.terminate();
      throw error;
    }
    return thread;
  }

  /** Asks the thread's service. @throws what it throws, as a SluiceError; unavailable once the thread has ended */
  async ask(question: unknown): Promise<unknown> {
    if (this.#isStopping || this.#failure !== undefined) {
      throw this.#failure ?? new SluiceError("unavailable", `The thread of ${this.#options.name} has been stopped.`);
    }
    if (this.#waiting.size >= WAITING_MAX) {
      throw new SluiceError("overloaded", `${WAITING_MAX} questions wait for the thread of ${this.#options.name}.`);
    }
    this.#last += 1;
    const id = this.#last;
    this.#worker.postMessage({ id, question } satisfies ToThread);
    return await this.#wait(id);
  }

  /** Lets the thread answer what it was asked, and end. */
  async stop(): Promise<void> {
    if (!this.#isStopping && this.#failure === undefined) {
      this.#isStopping = true;
      this.#worker.ref();
      this.#worker.postMessage(undefined satisfies ToThread);
    }
    await this.#ended;
  }

  #wait(id: number): Promise<unknown> {
    if (this.#waiting.size === 0) this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  #hear(message: FromThread): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0 && !this.#isStopping) this.#worker.unref();
    if ("failure" in message) waiting?.reject(fromFailure(message.failure));
    else waiting?.resolve(message.answer);
  }

  #fail(cause: unknown): void {
    if (this.#failure !== undefined) return;
    const reason = cause instanceof Error ? `: ${cause.message}` : ".";
    const error = new SluiceError("internal", `The thread of ${this.#options.name} has ended${reason}`, { cause });
    this.#failure = error;
    const starting = this.#waiting.has(READY);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    if (starting) return;
    if (this.#options.onFailure === undefined) throw error;
    this.#options.onFailure(error);
  }
}
