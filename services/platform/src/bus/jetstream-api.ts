import { SluiceError } from "../errors/index.ts";
import { type Retention, STREAMS, type StreamName, subjectsOf } from "./subjects.ts";
import type { Wire } from "./wire.ts";

/** The JetStream calls the bus makes, as JSON over request subjects (docs.nats.io, "JetStream wire API"). */

/** Repeats of a fact within this time are dropped by the server; later ones meet idempotent consumers. */
const DUPLICATE_WINDOW_MS = 120_000;
const NANOS_PER_MS = 1_000_000;
/** `err_code` values of the server. */
const ERROR = { CONSUMER_NOT_FOUND: 10014, STREAM_NOT_FOUND: 10059 } as const;

interface ApiError {
  readonly code: number;
  readonly err_code: number;
  readonly description: string;
}

export interface StreamState {
  readonly first_seq: number;
  readonly last_seq: number;
}

interface StreamInfo {
  readonly config: { readonly subjects?: readonly string[]; readonly [key: string]: unknown };
  readonly state: StreamState;
}

export interface ConsumerInfo {
  readonly name: string;
  readonly num_pending: number;
  readonly num_ack_pending: number;
  /** Everything up to here is acknowledged. */
  readonly ack_floor: { readonly stream_seq: number };
}

/** Creates a stream or brings its limits up to date; subjects another version added are kept. */
export async function ensureStream(
  wire: Wire,
  stream: StreamName,
  options: { readonly replicas: number; readonly retention: Retention },
): Promise<void> {
  const known = await call<StreamInfo>(wire, `STREAM.INFO.${stream}`, {}, ERROR.STREAM_NOT_FOUND);
  const subjects = subjectsOf(stream);
  const wanted = streamConfig(stream, subjects, options);
  if (!known) return void (await call(wire, `STREAM.CREATE.${stream}`, wanted));
  const all = [...new Set([...subjects, ...(known.config.subjects ?? [])])];
  const changed = Object.entries(wanted).some(([key, value]) => key !== "subjects" && known.config[key] !== value);
  if (changed || all.length !== (known.config.subjects ?? []).length) {
    await call(wire, `STREAM.UPDATE.${stream}`, { ...known.config, ...wanted, subjects: all });
  }
}

function streamConfig(
  stream: StreamName,
  subjects: readonly string[],
  options: { readonly replicas: number; readonly retention: Retention },
): Record<string, unknown> {
  const { maxAgeMs, maxBytes } = options.retention;
  const unlimited = maxAgeMs === undefined && maxBytes === undefined;
  return {
    name: stream,
    subjects,
    retention: "limits",
    storage: "file",
    num_replicas: options.replicas,
    max_age: (maxAgeMs ?? 0) * NANOS_PER_MS,
    max_bytes: maxBytes ?? -1,
    // A stream without limits is money: when the disk is full it refuses, and the outboxes hold the facts.
    discard: unlimited ? "new" : "old",
    duplicate_window: Math.min(DUPLICATE_WINDOW_MS, maxAgeMs ?? DUPLICATE_WINDOW_MS) * NANOS_PER_MS,
  };
}

/** First and last sequence of a stream. @throws unavailable when the server does not answer. */
export async function streamState(wire: Wire, stream: StreamName): Promise<StreamState> {
  return (await must<StreamInfo>(wire, `STREAM.INFO.${stream}`, {})).state;
}

/** Creates the durable pull consumer, or updates it to this configuration; its position stays. */
export async function ensureDurable(
  wire: Wire,
  stream: StreamName,
  options: {
    readonly durable: string;
    readonly ackWaitMs: number;
    readonly maxAckPending: number;
    readonly filter?: string;
  },
): Promise<ConsumerInfo> {
  const config = {
    durable_name: options.durable,
    deliver_policy: "all",
    ack_policy: "explicit",
    replay_policy: "instant",
    ack_wait: options.ackWaitMs * NANOS_PER_MS,
    max_ack_pending: options.maxAckPending,
    max_deliver: -1,
    ...(options.filter === undefined ? {} : { filter_subject: options.filter }),
  };
  const subject = `CONSUMER.DURABLE.CREATE.${stream}.${options.durable}`;
  return must<ConsumerInfo>(wire, subject, { stream_name: stream, config });
}

/** Where a reader begins: a sequence, or a moment in epoch milliseconds. */
export type ReaderStart = { readonly sequence: number } | { readonly time: number };

/** A reader without a position of its own, gone by itself soon after its last request. */
export async function createReader(
  wire: Wire,
  stream: StreamName,
  options: { readonly start: ReaderStart; readonly filter?: string },
): Promise<ConsumerInfo> {
  const { start } = options;
  const config = {
    ...("time" in start
      ? { deliver_policy: "by_start_time", opt_start_time: new Date(start.time).toISOString() }
      : { deliver_policy: "by_start_sequence", opt_start_seq: Math.max(1, start.sequence) }),
    ack_policy: "none",
    replay_policy: "instant",
    mem_storage: true,
    inactive_threshold: 60_000 * NANOS_PER_MS,
    num_replicas: 1,
    ...(options.filter === undefined ? {} : { filter_subject: options.filter }),
  };
  return must<ConsumerInfo>(wire, `CONSUMER.CREATE.${stream}`, { stream_name: stream, config });
}

/** What the server knows of a consumer; undefined if it has none of that name. */
export function consumerInfo(wire: Wire, stream: StreamName, name: string): Promise<ConsumerInfo | undefined> {
  return call<ConsumerInfo>(wire, `CONSUMER.INFO.${stream}.${name}`, {}, ERROR.CONSUMER_NOT_FOUND);
}

/** Removes a reader before its time. */
export async function deleteConsumer(wire: Wire, stream: StreamName, name: string): Promise<void> {
  await call(wire, `CONSUMER.DELETE.${stream}.${name}`, {}, ERROR.CONSUMER_NOT_FOUND);
}

/** Asks the server to send up to `batch` messages to `inbox` within the time. */
export function pullRequest(
  wire: Wire,
  consumer: { readonly stream: StreamName; readonly name: string; readonly inbox: string },
  request: { readonly batch: number; readonly expiresMs: number },
): void {
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${consumer.stream}.${consumer.name}`;
  const data = JSON.stringify({ batch: request.batch, expires: request.expiresMs * NANOS_PER_MS });
  wire.publish(subject, data, { reply: consumer.inbox });
}

/** The server's limits for every stream, with the overrides of one installation. */
export function retentionOf(
  stream: StreamName,
  overrides: Partial<Record<StreamName, Retention>> | undefined,
): Retention {
  return overrides?.[stream] ?? STREAMS[stream];
}

async function must<T>(wire: Wire, operation: string, body: object): Promise<T> {
  const answer = await call<T>(wire, operation, body);
  if (answer === undefined) throw new SluiceError("internal", `JetStream ${operation} answered nothing.`);
  return answer;
}

/** Undefined for the expected error code. */
async function call<T>(wire: Wire, operation: string, body: object, expected?: number): Promise<T | undefined> {
  const message = await wire.request(`$JS.API.${operation}`, JSON.stringify(body));
  if (message.status !== 0) throw new SluiceError("unavailable", `JetStream does not answer (${message.status}).`);
  const answer = JSON.parse(message.text()) as { readonly error?: ApiError };
  if (!answer.error) return answer as T;
  if (answer.error.err_code === expected) return undefined;
  throw new SluiceError("unavailable", `JetStream ${operation}: ${answer.error.description}`);
}
