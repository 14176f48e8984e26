import { parsePayload, printPayload } from "./payload-json.ts";
import { deadSubjectOf, type EventType, subjectOf } from "./subjects.ts";
import type { DeadLetter, DeliveredEvent } from "./types.ts";

/** A fact's row, as far as its readers see it. */
export interface FactRow {
  readonly type: EventType;
  readonly id: string;
  readonly tenant: string;
  readonly traceparent: string | null;
  readonly json: string;
}

/** Where a fact stands, and what is known of it beside its row. */
export interface Place {
  readonly stream: string;
  readonly sequence: number;
  /** Epoch milliseconds. */
  readonly storedAt: number;
  /** How often it was delivered, this time included. */
  readonly deliveries: number;
  /** The message, if it is at hand: then the fact need not keep its JSON. */
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

  constructor(row: FactRow, place: Place, dead?: { readonly id: string; readonly letter: DeadLetter }) {
    this.stream = place.stream;
    this.sequence = BigInt(place.sequence);
    this.id = dead === undefined ? row.id : dead.id;
    this.type = row.type;
    this.tenant = row.tenant;
    this.storedAt = place.storedAt;
    this.deliveries = place.deliveries;
    if (row.traceparent !== null) this.traceparent = row.traceparent;
    if (dead !== undefined) this.dead = dead.letter;
    this.#json = place.message === undefined ? row.json : undefined;
    this.#message = place.message;
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
