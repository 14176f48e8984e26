import { pino } from "pino";

/** Lines collected before they are written at once, in characters; a turn that says more is written in parts. */
const HELD_MAX = 65_536;

/**
 * Standard error for all loggers of the process. The lines of one turn of the event loop are one write: a write costs more than
 * the line. What is held is written when the process exits; only a signal that kills at once can take a turn's lines with it.
 */
class StandardError {
  readonly #sink = pino.destination(2);
  #held = "";

  constructor() {
    process.once("exit", () => this.#flush());
  }

  write(line: string): void {
    if (this.#held === "") setImmediate(() => this.#flush());
    this.#held += line;
    if (this.#held.length > HELD_MAX) this.#flush();
  }

  #flush(): void {
    const held = this.#held;
    this.#held = "";
    if (held !== "") this.#sink.write(held);
  }
}

let shared: StandardError | undefined;

/** The process's standard error; made when it is first asked for. */
export function standardError(): { write(line: string): void } {
  shared ??= new StandardError();
  return shared;
}
