import type { CommandEnvironment } from "../environment.ts";

const TERMINAL_EVERY_MS = 100;
const PLAIN_EVERY_MS = 5_000;

/** Tells on standard error how far a long piece of work is: in place on a terminal, else a line now and then. */
export class Progress {
  readonly #environment: CommandEnvironment;
  readonly #what: string;
  readonly #total: number;
  readonly #every: number;
  #told = Date.now();
  #onLine = false;

  constructor(environment: CommandEnvironment, { what, total }: { readonly what: string; readonly total: number }) {
    this.#environment = environment;
    this.#what = what;
    this.#total = total;
    this.#every = environment.stderr.isTTY === true ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
  }

  /** `done` of the total are done. */
  tell(done: number): void {
    const now = Date.now();
    if (now - this.#told < this.#every) return;
    this.#told = now;
    const percent = this.#total === 0 ? 100 : Math.min(100, Math.floor((done * 100) / this.#total));
    const text = `${done} of ${this.#total} ${this.#what} (${percent} %)`;
    const { stderr } = this.#environment;
    if (stderr.isTTY === true) stderr.write(`\r${text}\u001b[K`);
    else stderr.write(`${text}\n`);
    this.#onLine = stderr.isTTY === true;
  }

  /** Clears what stands in place. */
  end(): void {
    if (this.#onLine) this.#environment.stderr.write("\r\u001b[K");
  }
}
