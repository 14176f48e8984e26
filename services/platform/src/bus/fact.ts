import { SluiceError } from "../errors/index.ts";
import { parsePayload, printPayload, refuseLarge } from "./payload-json.ts";
import { StoredFact } from "./stored-fact.ts";
import { EVENTS, type EventPayload, type EventType, isEventType, isStreamName, type StreamName } from "./subjects.ts";
import type { DeliveredEvent, OutgoingEvent, PrintedEvent } from "./types.ts";

/** A fact on its way into a stream: checked, its payload printed as proto3 JSON. */
export interface Fact {
  readonly stream: StreamName;
  readonly type: EventType;
  readonly id: string;
  readonly tenant: string;
  readonly traceparent: string | null;
  readonly json: string;
}

const TENANT = /^[a-z0-9_-]{1,40}$/;
/** Printable ASCII without spaces: ids travel in headers and are shown in tables. */
const ID = /^[!-~]{1,200}$/;
const DURABLE = /^[a-z0-9_-]{1,64}$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Checks an event and prints its payload, unless that is printed already.
 * @throws internal for an unknown type, a bad id or tenant, or a payload of another type;
 * payload_too_large above 1,000,000 bytes of JSON.
 */
export function toFact(event: OutgoingEvent | PrintedEvent): Fact {
  if (!isEventType(event.type)) throw new SluiceError("internal", `"${String(event.type)}" is no event type.`);
  if (!TENANT.test(event.tenant)) {
    throw new SluiceError("internal", `Tenant "${event.tenant}" of ${event.type} does not match ${TENANT.source}.`);
  }
  if (!ID.test(event.id)) throw new SluiceError("internal", `Id of ${event.type} does not match ${ID.source}.`);
  const { stream } = EVENTS[event.type];
  const json = "json" in event ? event.json : printPayload(event.type, event.payload);
  refuseLarge(event.type, json);
  const { traceparent } = event;
  return {
    stream,
    type: event.type,
    id: event.id,
    tenant: event.tenant,
    traceparent: traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : null,
    json,
  };
}

/**
 * The event with its payload printed, for whoever keeps it before it is published.
 * @throws internal for a payload of another type
 */
export function printEvent(event: OutgoingEvent): PrintedEvent {
  const { payload, ...rest } = event;
  return { ...rest, json: printPayload(event.type, payload) };
}

/** The key under which a stream drops repeats. Facts of different types may share an id (an attempt's id names three). */
export function dedupeKey(type: string, id: string): string {
  return `${type}:${id}`;
}

/** The id in a de-duplication key; a key made by someone else is the id itself. */
export function idFromKey(type: string, key: string): string {
  return key.startsWith(`${type}:`) ? key.slice(type.length + 1) : key;
}

const parsed = new WeakMap<DeliveredEvent, unknown>();

/**
 * The fact's message; parsed on first access, so several consumers in one handler share the work.
 * Passing the type narrows the result: `payloadOf(event, "attempt.metered")`.
 * @throws internal when the fact is of another type or its JSON does not fit.
 */
export function payloadOf<T extends EventType = EventType>(event: DeliveredEvent, type?: T): EventPayload<T> {
  if (type !== undefined && event.type !== type) {
    throw new SluiceError("internal", `Fact ${event.id} is ${event.type}, not ${type}.`);
  }
  if (event instanceof StoredFact) return event.message() as EventPayload<T>;
  if (!parsed.has(event)) parsed.set(event, parsePayload(event));
  return parsed.get(event) as EventPayload<T>;
}

/** @throws internal unless the stream exists and the durable's name can be a subject token. */
export function checkConsumerNames(stream: string, durable: string): StreamName {
  if (!DURABLE.test(durable)) {
    throw new SluiceError("internal", `Durable "${durable}" does not match ${DURABLE.source}.`);
  }
  return checkStream(stream);
}

/** @throws not_found naming the stream. */
export function checkStream(stream: string): StreamName {
  if (isStreamName(stream)) return stream;
  throw new SluiceError("not_found", `There is no stream "${stream}".`);
}
