import { SluiceError } from "../errors/index.ts";
import { EVENTS, type EventCodec, type EventType, isEventType } from "./subjects.ts";

/** NATS refuses messages above 1 MiB; headers need some of it. */
const JSON_BYTES_MAX = 1_000_000;

/** Prints a fact's message as proto3 JSON. @throws internal for a message of another type */
export function printPayload(type: EventType, payload: unknown): string {
  // One signature for the whole table: the type and its payload were matched by OutgoingEvent.
  const codec = EVENTS[type].codec as EventCodec<unknown>;
  try {
    return JSON.stringify(codec.toJSON(payload));
  } catch (error) {
    throw new SluiceError("internal", `The payload of ${type} is not its message.`, { cause: error });
  }
}

/** @throws payload_too_large above 1,000,000 bytes of JSON */
export function refuseLarge(type: EventType, json: string): void {
  if (json.length * 3 <= JSON_BYTES_MAX) return;
  const bytes = Buffer.byteLength(json);
  if (bytes <= JSON_BYTES_MAX) return;
  throw new SluiceError("payload_too_large", `${type} has ${bytes} bytes of JSON; the limit is ${JSON_BYTES_MAX}.`);
}

/** The message of a fact's JSON. @throws internal for an unknown type, or JSON that does not fit */
export function parsePayload({ type, id, json }: { readonly type: string; id: string; json: string }): unknown {
  if (!isEventType(type)) throw new SluiceError("internal", `"${type}" is no event type.`);
  const codec = EVENTS[type].codec as EventCodec<unknown>;
  try {
    return codec.fromJSON(JSON.parse(json));
  } catch (error) {
    throw new SluiceError("internal", `Fact ${id} (${type}) does not parse.`, { cause: error });
  }
}
