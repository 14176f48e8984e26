import { Readable } from "node:stream";
import { type DeliveredEvent, EVENTS, type EventType, isEventType, isStreamName, STREAMS } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { z } from "zod";
import { mergeByArrival, mergeSorted } from "../merge.ts";
import type { DoorParts } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";

const STREAM_PREFIX = "SLUICE_";

const query = z.strictObject({
  stream: z.string().max(64),
  from: z
    .union([z.literal("new"), z.string().regex(/^[1-9]\d{0,17}$/, 'must be a sequence from 1, or "new"')])
    .default("new"),
  type: z.string().max(1000).default(""),
  follow: z.enum(["true", "false"]).default("true"),
});

/** The event streams as lines of JSON, from any point, to their present end or for as long as the caller stays. */
export function eventRoutes(parts: DoorParts): readonly DoorRoute[] {
  let open = 0;
  return [
    route({
      method: "GET",
      path: "/events",
      action: "event.read",
      query,
      async handle({ query, ending, audit }) {
        const streams = streamsOf(query.stream);
        const types = typesOf(query.type);
        audit.target = query.stream;
        if (open >= parts.config.admin_event_streams_max) throw tooMany(open);
        open += 1;
        const events = read(parts, { ...query, streams, types, signal: ending });
        const lines = Readable.from(linesOf(events, ending), { objectMode: false });
        lines.once("close", () => {
          open -= 1;
        });
        return lines;
      },
    }),
  ];
}

interface Wanted {
  readonly streams: readonly string[];
  readonly types: readonly EventType[];
  readonly from: string;
  readonly follow: "true" | "false";
  readonly signal: AbortSignal;
}

function read(parts: DoorParts, wanted: Wanted): AsyncIterable<DeliveredEvent> {
  const untilEnd = wanted.follow === "false";
  const sources = wanted.streams.map((stream) =>
    parts.bus.read({
      stream,
      from: wanted.from === "new" ? "new" : BigInt(wanted.from),
      ...(wanted.types.length > 0 && { types: wanted.types }),
      untilEnd,
      signal: wanted.signal,
    }),
  );
  return untilEnd ? mergeSorted(sources, (event) => event.storedAt) : mergeByArrival(sources);
}

async function* linesOf(events: AsyncIterable<DeliveredEvent>, signal: AbortSignal): AsyncGenerator<string, void> {
  // An empty line sends the headers at once, so that the caller knows it is connected before anything happens.
  yield "\n";
  try {
    for await (const event of events) yield lineOf(event);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The payload is JSON already and is passed on as it is. */
function lineOf(event: DeliveredEvent): string {
  const head = JSON.stringify({
    stream: event.stream,
    sequence: Number(event.sequence),
    subject: event.subject,
    type: event.type,
    id: event.id,
    tenant: event.tenant,
    stored_at: event.storedAt,
    ...(event.dead !== undefined && { dead: event.dead }),
  });
  return `${head.slice(0, -1)},"payload":${event.json}}\n`;
}

function streamsOf(name: string): readonly string[] {
  const known = Object.keys(STREAMS);
  if (name.toLowerCase() === "all") return known;
  const upper = name.toUpperCase();
  const full = upper.startsWith(STREAM_PREFIX) ? upper : `${STREAM_PREFIX}${upper}`;
  if (isStreamName(full)) return [full];
  const short = known.map((stream) => stream.slice(STREAM_PREFIX.length).toLowerCase()).join(", ");
  throw new SluiceError("invalid_request", `There is no stream "${name}": choose one of ${short}, or all.`, {
    details: { param: "stream" },
  });
}

function typesOf(list: string): readonly EventType[] {
  return list
    .split(",")
    .map((type) => type.trim())
    .filter((type) => type !== "")
    .map((type) => {
      if (isEventType(type)) return type;
      const message = `There is no event type "${type}": choose from ${Object.keys(EVENTS).join(", ")}.`;
      throw new SluiceError("invalid_request", message, { details: { param: "type" } });
    });
}

function tooMany(open: number): SluiceError {
  return new SluiceError(
    "overloaded",
    `${open} event streams are open already: end one, or raise identity.admin_event_streams_max.`,
  );
}
