import type { BusLog } from "./bus-log.ts";
import { pause } from "./pause.ts";
import type { Wire } from "./wire.ts";

/** Something that works only while connected. */
export interface LinkUser {
  /** A new connection is ready; subscriptions of the one before are gone. */
  up(wire: Wire): void;
  down(): void;
}

export interface LinkOptions {
  readonly dial: () => Promise<Wire>;
  /** Makes the streams exist; runs on every new connection before its users hear of it. */
  readonly prepare: (wire: Wire) => Promise<void>;
  readonly log: BusLog;
}

const REDIAL_FIRST_MS = 50;
const REDIAL_MAX_MS = 2_000;

/** Keeps one connection alive, for ever, and tells its users when it comes and goes. */
export class JetStreamLink {
  readonly #options: LinkOptions;
  readonly #users = new Set<LinkUser>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #wire: Wire | undefined;
  #failures = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** The connection, while there is one. */
  get wire(): Wire | undefined {
    return this.#wire;
  }

  /** Adds a user; it hears of the present connection at once. Returns the way to remove it. */
  use(user: LinkUser): () => void {
    this.#users.add(user);
    if (this.#wire) user.up(this.#wire);
    return () => this.#users.delete(user);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#wire?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#connection();
      // Many processes lose the same server at once: the random part keeps them from coming back at once.
      const wait = Math.min(REDIAL_MAX_MS, REDIAL_FIRST_MS * 2 ** Math.min(this.#failures, 10));
      await pause(wait * (0.5 + Math.random() / 2), signal);
    }
  }

  async #connection(): Promise<void> {
    let wire: Wire | undefined;
    try {
      wire = await this.#options.dial();
      await this.#options.prepare(wire);
      if (this.#stopping.signal.aborted) return await wire.close();
      this.#wire = wire;
      this.#failures = 0;
      this.#options.log.info({}, "event bus connected");
      for (const user of this.#users) user.up(wire);
      const reason = await wire.gone;
      if (!this.#stopping.signal.aborted) this.#options.log.warn({ err: reason }, "event bus connection lost");
    } catch (error) {
      if (this.#failures === 0)
        this.#options.log.warn({ err: error }, "event bus not reachable; facts wait in the outbox");
      this.#failures += 1;
      await wire?.close();
    } finally {
      if (this.#wire) {
        this.#wire = undefined;
        for (const user of this.#users) user.down();
      }
    }
  }
}
