import { pullRequest } from "./jetstream-api.ts";
import { type Delivery, parseDelivery } from "./jetstream-message.ts";
import type { StreamName } from "./subjects.ts";
import type { Wire, WireMessage } from "./wire.ts";

export interface PullOptions {
  readonly stream: StreamName;
  readonly consumer: string;
  readonly batch: number;
  /** True while there is room for another batch. */
  readonly hungry: () => boolean;
  readonly onMessage: (message: WireMessage, delivery: Delivery) => void;
  /** The server does not know the consumer (any more). */
  readonly onMissing: () => void;
}

const EXPIRES_MS = 5_000;
/** The server answers a request at its expiry at the latest; after this much more it is taken as lost. */
const SILENCE_MS = 2_000;
const STATUS = { HEARTBEAT: 100, NO_RESPONDERS: 503, CONFLICT: 409 } as const;

/** Keeps one pull request outstanding on one connection. */
export class JetStreamPull {
  readonly #wire: Wire;
  readonly #options: PullOptions;
  readonly #inbox: string;
  readonly #unsubscribe: () => void;
  readonly #timer: NodeJS.Timeout;
  #outstanding = 0;
  #requestedAt = 0;
  #closed = false;

  constructor(wire: Wire, options: PullOptions) {
    this.#wire = wire;
    this.#options = options;
    this.#inbox = wire.inbox();
    this.#unsubscribe = wire.subscribe(this.#inbox, (message) => this.#receive(message));
    this.#timer = setInterval(() => this.#watch(), 1_000);
    this.pull();
  }

  /** Asks for more if nothing is on its way and there is room. */
  pull(): void {
    if (this.#closed || this.#outstanding > 0 || !this.#options.hungry()) return;
    const { batch, stream, consumer } = this.#options;
    this.#outstanding = batch;
    this.#requestedAt = performance.now();
    pullRequest(this.#wire, { stream, name: consumer, inbox: this.#inbox }, { batch, expiresMs: EXPIRES_MS });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#unsubscribe();
  }

  #receive(message: WireMessage): void {
    if (this.#closed || message.status === STATUS.HEARTBEAT) return;
    const delivery = message.status === 0 ? parseDelivery(message.reply) : undefined;
    if (delivery) {
      this.#outstanding -= 1;
      this.#options.onMessage(message, delivery);
      this.pull();
      return;
    }
    const missing =
      message.status === STATUS.NO_RESPONDERS ||
      (message.status === STATUS.CONFLICT && /consumer deleted/i.test(message.description));
    if (missing) {
      this.close();
      this.#options.onMissing();
      return;
    }
    this.#outstanding = 0;
    // A conflict (too many unacknowledged facts, say) would only repeat itself: the timer asks again.
    if (message.status !== STATUS.CONFLICT) this.pull();
  }

  #watch(): void {
    if (this.#outstanding > 0 && performance.now() - this.#requestedAt < EXPIRES_MS + SILENCE_MS) return;
    this.#outstanding = 0;
    this.pull();
  }
}
