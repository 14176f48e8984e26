import { dedupeKey, idFromKey } from "./fact.ts";
import { DEAD_STREAM, type EventType } from "./subjects.ts";
import type { DeadLetter, DeliveredEvent } from "./types.ts";
import type { WireHeaders, WireMessage } from "./wire.ts";

export const HEADER = {
  KEY: "Nats-Msg-Id",
  TYPE: "Sluice-Type",
  TRACE: "traceparent",
  TENANT: "Sluice-Tenant",
  DEAD_ID: "Sluice-Dead-Id",
  DEAD_DURABLE: "Sluice-Dead-Durable",
  DEAD_STREAM: "Sluice-Dead-Stream",
  DEAD_SEQUENCE: "Sluice-Dead-Sequence",
  DEAD_REASON: "Sluice-Dead-Reason",
} as const;

/** Headers of a fact on its way into a stream. */
export function factHeaders(fact: {
  readonly type: string;
  readonly id: string;
  readonly traceparent: string | null;
}): WireHeaders {
  const headers: [string, string][] = [
    [HEADER.KEY, dedupeKey(fact.type, fact.id)],
    [HEADER.TYPE, fact.type],
  ];
  if (fact.traceparent) headers.push([HEADER.TRACE, fact.traceparent]);
  return headers;
}

/** Headers of a dead letter; its key makes a repeated burial harmless. */
export function deadHeaders(event: DeliveredEvent, durable: string, reason: string): WireHeaders {
  const headers: [string, string][] = [
    [HEADER.KEY, `${durable}:${event.stream}:${event.sequence}`],
    [HEADER.TYPE, event.type],
    [HEADER.TENANT, event.tenant],
    [HEADER.DEAD_ID, event.id],
    [HEADER.DEAD_DURABLE, durable],
    [HEADER.DEAD_STREAM, event.stream],
    [HEADER.DEAD_SEQUENCE, String(event.sequence)],
    [HEADER.DEAD_REASON, reason.replace(/[^ -~]+/g, " ").slice(0, 500)],
  ];
  if (event.traceparent !== undefined) headers.push([HEADER.TRACE, event.traceparent]);
  return headers;
}

/** Where the server says a delivered message stands (the tokens of its reply subject, ADR-15 of NATS). */
export interface Delivery {
  readonly deliveries: number;
  readonly sequence: number;
  readonly consumerSequence: number;
  readonly storedAt: number;
  /** Messages for this consumer behind this one. */
  readonly pending: number;
}

const NANOS_PER_MS = 1_000_000n;

/** Reads `$JS.ACK.…`: 9 tokens from older servers, 12 with domain and account from newer ones; undefined for others. */
export function parseDelivery(reply: string | undefined): Delivery | undefined {
  const tokens = reply?.split(".") ?? [];
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK") return undefined;
  const at = tokens.length >= 11 ? 6 : 4;
  const [deliveries, sequence, consumerSequence, nanos, pending] = tokens.slice(at, at + 5);
  if (pending === undefined) return undefined;
  return {
    deliveries: Number(deliveries),
    sequence: Number(sequence),
    consumerSequence: Number(consumerSequence),
    storedAt: Number(BigInt(nanos ?? 0) / NANOS_PER_MS),
    pending: Number(pending),
  };
}

/** The fact in a delivered message. */
export function toDelivered(stream: string, message: WireMessage, delivery: Delivery): DeliveredEvent {
  const tokens = message.subject.split(".");
  const dead = stream === DEAD_STREAM ? deadLetter(message) : undefined;
  const type = message.header(HEADER.TYPE) ?? tokens.slice(1, -1).join(".");
  const key = message.header(HEADER.KEY) ?? `${stream}:${delivery.sequence}`;
  const traceparent = message.header(HEADER.TRACE);
  return {
    stream,
    subject: message.subject,
    sequence: BigInt(delivery.sequence),
    id: message.header(HEADER.DEAD_ID) ?? idFromKey(type, key),
    type: type as EventType,
    tenant: message.header(HEADER.TENANT) ?? tokens.at(-1) ?? "",
    storedAt: delivery.storedAt,
    deliveries: delivery.deliveries,
    json: message.text(),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(dead === undefined ? {} : { dead }),
  };
}

function deadLetter(message: WireMessage): DeadLetter {
  return {
    durable: message.header(HEADER.DEAD_DURABLE) ?? "",
    stream: message.header(HEADER.DEAD_STREAM) ?? "",
    sequence: message.header(HEADER.DEAD_SEQUENCE) ?? "",
    reason: message.header(HEADER.DEAD_REASON) ?? "",
  };
}
