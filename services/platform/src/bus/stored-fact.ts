import { parsePayload, printPayload } from "./payload-json.ts";
import { deadSubjectOf, type EventType, subjectOf } from "./subjects.ts";
import type { DeadLetter, DeliveredEvent } from "./types.ts";

/** What a stored fact is made of. */
export interface StoredParts {
  readonly stream: string;
  readonly sequence: number;
  readonly type: EventType;
  readonly id: string;
  readonly tenant: string;
  /** Epoch milliseconds. */
  readonly storedAt: number;
  readonly deliveries: number;
  readonly traceparent: string | null;
  readonly dead: DeadLetter | undefined;
  /** Undefined if the message is at hand: then nobody has to keep both. */
  readonly json: string | undefined;
  readonly message: unknown;
}

/**
 * A fact as readers see it, several of them the same object. It has its message or the JSON of it, and makes the other when somebody asks:
 * nearly all facts are read in the process that published them, where the message is enough.
 */
export class StoredFact implements DeliveredEvent {
  readonly stream: string;
  readonly sequence: bigint;
  readonly id: string;
  readonly type: EventType;
  readonly tenant: string;
  readonly storedAt: number;
  readonly deliveries: number;
  declare readonly traceparent?: string;
  declare readonly dead?: DeadLetter;
  #json: string | undefined;
  #message: unknown;

  constructor(parts: StoredParts) {
    this.stream = parts.stream;
    this.sequence = BigInt(parts.sequence);
    this.id = parts.id;
    this.type = parts.type;
    this.tenant = parts.tenant;
    this.storedAt = parts.storedAt;
    this.deliveries = parts.deliveries;
    if (parts.traceparent !== null) this.traceparent = parts.traceparent;
    if (parts.dead !== undefined) this.dead = parts.dead;
    this.#json = parts.json;
    this.#message = parts.message;
  }

  get subject(): string {
    return this.dead === undefined ? subjectOf(this.type, this.tenant) : deadSubjectOf(this.dead.durable);
  }

  get json(): string {
    this.#json ??= printPayload(this.type, this.#message);
    return this.#json;
  }

  /** The generated message. @throws internal if the JSON does not fit */
  message(): unknown {
    this.#message ??= parsePayload(this);
    return this.#message;
  }
}
