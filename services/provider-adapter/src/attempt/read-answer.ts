import { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { type Exchange, headerOf, type ResponseHead } from "../http/types.ts";
import type { AnswerReader } from "../provider.ts";
import { AnswerFeed, endOfBroken } from "./answer-feed.ts";
import { callSpan, endCallSpan } from "./call-span.ts";
import type { Flight } from "./flight.ts";
import type { Ending, PlannedTask } from "./types.ts";

/** Most of a refusal's body that is read. */
const REFUSAL_BYTES = 65_536;

async function readBytes(exchange: Exchange, maxBytes: number, onTooLong: "cut" | "fail"): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (let bytes = await exchange.read(); bytes !== undefined; bytes = await exchange.read()) {
    size += bytes.length;
    pieces.push(bytes);
    if (size <= maxBytes) continue;
    if (onTooLong === "cut") {
      exchange.finish();
      break;
    }
    throw new SluiceError(
      "upstream_bad_response",
      `The provider's answer is larger than ${maxBytes} bytes; it was given up.`,
    );
  }
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces, size);
}

async function readText(exchange: Exchange, maxBytes: number, onTooLong: "cut" | "fail"): Promise<string> {
  const whole = await readBytes(exchange, maxBytes, onTooLong);
  return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString("utf8");
}

/** A refusal's body may be cut by the network too: its status alone says enough. */
async function readRefusal(flight: Flight, exchange: Exchange): Promise<string> {
  try {
    return await readText(exchange, REFUSAL_BYTES, "cut");
  } catch (thrown) {
    if (flight.left) throw thrown;
    return "";
  }
}

async function readPlain(flight: Flight, exchange: Exchange): Promise<Ending> {
  const body = await readText(exchange, flight.tools.bounds.answerBytes, "fail");
  flight.noAnswer = !/^\s*[[{]/.test(body);
  const answer = flight.plan.readers.mapResponse(body);
  flight.forward([...answer.chunks]);
  return flight.endingOf(answer);
}

/** Reads the whole answer to a request beside chat, whatever it is made of. */
async function readTask(
  flight: Flight,
  exchange: Exchange,
  { head, task }: { readonly head: ResponseHead; readonly task: PlannedTask },
): Promise<Ending> {
  const body = await readBytes(exchange, flight.tools.bounds.answerBytes, "fail");
  flight.noAnswer = headerOf(head.headers, "content-type")?.includes("text/html") === true;
  return flight.endingOfTask(task.read({ ...head, body }));
}

/** Reads events until the stream or its meaning ends. Chunks of one network read travel together. */
async function readEvents(flight: Flight, exchange: Exchange, reader: AnswerReader): Promise<void> {
  const { bounds } = flight.tools;
  const feed = new AnswerFeed(reader, bounds.lineLength, flight.plan.readers.framing);
  let size = 0;
  for (let over = false; !over; ) {
    const bytes = await exchange.read();
    const chunks: ChatChunk[] = [];
    try {
      over = feed.push(bytes, chunks);
    } finally {
      flight.forward(chunks);
    }
    size += bytes?.length ?? 0;
    flight.read(bytes?.length ?? 0);
    if (size > bounds.streamBytes) {
      throw new SluiceError(
        "upstream_bad_response",
        `The provider's stream is larger than ${bounds.streamBytes} bytes; it was given up.`,
      );
    }
    const room = flight.outlet.room();
    if (room !== undefined) await room;
  }
  exchange.finish();
}

async function readStream(flight: Flight, exchange: Exchange): Promise<Ending> {
  const reader = flight.plan.readers.openStream();
  flight.reader = reader;
  try {
    await readEvents(flight, exchange, reader);
  } catch (thrown) {
    flight.forward(endOfBroken(reader, thrown));
    exchange.abort(new Error("The answer was complete."));
  }
  return flight.endingOf(reader);
}

/** Headers in which providers name a request, the usual first. */
const REQUEST_IDS = ["x-request-id", "request-id", "x-amzn-requestid", "apim-request-id"];

function requestIdOf({ headers }: ResponseHead): string {
  return REQUEST_IDS.map((name) => headerOf(headers, name)).find((id) => id !== undefined) ?? "";
}

/** Content types of streams: server-sent events, AWS's frames, JSON texts one a line. */
const STREAMS =
  /^(?:text\/event-stream|application\/vnd\.amazon\.eventstream|application\/(?:x-)?ndjson|application\/jsonl)/;

/** The content type decides what the answer is; what was asked for decides where that says nothing. */
function isStream(head: ResponseHead, asked: boolean): boolean {
  const type = headerOf(head.headers, "content-type") ?? "";
  if (STREAMS.test(type)) return true;
  return asked && !type.includes("json") && !type.includes("text/html");
}

/**
 * Sends the request and reads what comes, handing chunks on, in a span of its own. Rejects when the connection fails or time runs out.
 */
export async function exchangeAnswer(flight: Flight, onHead: (head: ResponseHead) => void): Promise<Ending> {
  const span = callSpan(flight);
  try {
    const ending = await span.run(() => exchangeAndRead(flight, onHead));
    endCallSpan(span, flight, ending);
    return ending;
  } catch (thrown) {
    span.end(thrown);
    throw thrown;
  }
}

async function exchangeAndRead(flight: Flight, onHead: (head: ResponseHead) => void): Promise<Ending> {
  const exchange = flight.launch();
  const head = await exchange.head();
  flight.upstreamRequestId = requestIdOf(head);
  flight.answered(head);
  onHead(head);
  if (head.status < 200 || head.status > 299) {
    const body = await readRefusal(flight, exchange);
    return flight.refused(flight.plan.readers.mapError({ status: head.status, headers: head.headers, body }));
  }
  const value = {
    upstreamRequestId: flight.upstreamRequestId,
    warnings: [...flight.plan.warnings],
    upstreamStatus: head.status,
  };
  flight.outlet.push({ message: { $case: "head", value } });
  const { task } = flight.plan;
  if (task !== undefined) return readTask(flight, exchange, { head, task });
  return isStream(head, flight.plan.chat.stream) ? readStream(flight, exchange) : readPlain(flight, exchange);
}
