import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Job, Outcome } from "./job.ts";

const PROGRAM = fileURLToPath(new URL("./generator.ts", import.meta.url));

interface Answer {
  readonly outcome?: Outcome;
  readonly failure?: string;
}

/** The load generator's process. One job at a time. */
export class Load {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(): Promise<Load> {
    const child = fork(PROGRAM, { execArgv: [] });
    await once(child, "message");
    return new Load(child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws if the generator itself failed; failed requests are counted in the outcome instead */
  async run(job: Job): Promise<Outcome> {
    this.#child.send(job);
    const [answer] = (await once(this.#child, "message")) as [Answer];
    if (answer.outcome === undefined) throw new Error(`The load generator failed: ${answer.failure}`);
    return answer.outcome;
  }

  async stop(): Promise<void> {
    this.#child.disconnect();
    await once(this.#child, "exit");
  }
}
