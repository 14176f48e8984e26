import { type ErrorCode, SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import { AnswerFeed, endOfBroken, failureIn } from "../attempt/answer-feed.ts";
import type { ResponseHeaders } from "../http/types.ts";
import type { AnswerReader, AnswerReaders, AnswerState } from "../provider.ts";
import { RECORDED_APIS, recordedProvider } from "../providers/recorded.ts";
import type { RecordedStream } from "./recorded-stream.ts";

/** What a provider once answered: the body as it came, whole or as a stream. */
export interface RecordedResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ResponseHeaders;
  /** A plain answer: a JSON value, or a string where it was not JSON. */
  readonly body?: unknown;
  /** A stream, in the framing of its provider. */
  readonly stream?: RecordedStream | undefined;
}

export interface Recording {
  /** The provider as the recording names it. */
  readonly provider: string;
  /** The wire, e.g. "chat". */
  readonly api: string;
  readonly response: RecordedResponse;
}

/** A recorded answer in canonical form. */
export interface ReadRecording {
  /** Name of the provider whose reader was used. */
  readonly provider: string;
  readonly chunks: readonly ChatChunk[];
  readonly streamed: boolean;
  /** Undefined if the provider gave none. */
  readonly usage: Usage | undefined;
  /** Why there is no answer, or only a part of one; undefined if it is whole. */
  readonly error: SluiceError | undefined;
  /** Oddities of the answer, as sentences. */
  readonly problems: readonly string[];
}

/** Failures that pass by themselves. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "upstream_rate_limited",
  "upstream_overloaded",
  "upstream_unavailable",
  "upstream_timeout",
  "upstream_bad_response",
]);

/** True if the same request may succeed later at the same provider. */
export function passes(code: ErrorCode): boolean {
  return PASSING.has(code);
}

/**
 * Reads what a provider once answered, with the reader that live answers go through. Never throws for what the provider sent.
 * @throws invalid_request when nobody reads recordings of that wire
 */
export function readRecording(recording: Recording): ReadRecording {
  const provider = recordedProvider(recording.provider, recording.api);
  if (provider === undefined) {
    const message = `Recordings of the api ${JSON.stringify(recording.api)} cannot be read; these can: ${RECORDED_APIS.join(", ")}.`;
    throw new SluiceError("invalid_request", message, { details: { param: "api" } });
  }
  const { response } = recording;
  const chunks: ChatChunk[] = [];
  const streamed = response.stream !== undefined || (isSuccess(response) && Array.isArray(response.body));
  const said = { provider: provider.name, chunks, streamed };
  try {
    const answer = readAnswer(provider, response, chunks);
    const error = failureIn(answer, provider.name, response.status);
    return { ...said, usage: answer.usage, error, problems: answer.problems };
  } catch (thrown) {
    return { ...said, usage: undefined, error: SluiceError.from(thrown), problems: [] };
  }
}

/** @throws the provider's refusal, or upstream_bad_response when the answer cannot be read */
function readAnswer(provider: AnswerReaders, response: RecordedResponse, into: ChatChunk[]): AnswerState {
  const { status, headers, stream, body } = response;
  if (!isSuccess(response)) throw provider.mapError({ status, headers, body: refusalOf(response) });
  if (stream !== undefined) return readStream(provider, into, (reader) => feedStream(reader, stream, into));
  // A stream that was asked for without server-sent events is one JSON array of what would have been its events.
  if (Array.isArray(body)) return readStream(provider, into, (reader) => feedList(reader, body, into));
  const answer = provider.mapResponse(textOf(body));
  into.push(...answer.chunks);
  return answer;
}

function refusalOf({ stream, body }: RecordedResponse): string {
  return stream !== undefined && "bytes" in stream ? Buffer.from(stream.bytes).toString("utf8") : textOf(body);
}

function readStream(provider: AnswerReaders, into: ChatChunk[], feed: (reader: AnswerReader) => void): AnswerState {
  const reader = provider.openStream();
  try {
    feed(reader);
  } catch (thrown) {
    into.push(...endOfBroken(reader, thrown));
  }
  return reader;
}

function feedStream(reader: AnswerReader, stream: RecordedStream, into: ChatChunk[]): void {
  if ("events" in stream) {
    for (const { name, data } of stream.events) reader.step(name, data, into);
    reader.end(into);
    return;
  }
  const feed = new AnswerFeed(reader, stream.bytes.length, stream.framing);
  if (!feed.push(stream.bytes, into)) feed.push(undefined, into);
}

function feedList(reader: AnswerReader, events: readonly unknown[], into: ChatChunk[]): void {
  for (const event of events) {
    reader.step("", JSON.stringify(event), into);
    if (reader.ended || reader.error !== undefined) break;
  }
  reader.end(into);
}

const isSuccess = ({ status }: RecordedResponse): boolean => status >= 200 && status <= 299;

function textOf(body: unknown): string {
  if (typeof body === "string") return body;
  return body === undefined ? "" : JSON.stringify(body);
}
