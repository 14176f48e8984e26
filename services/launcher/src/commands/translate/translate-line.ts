import { printRecorded, printRecordedStream } from "@sluice/ingress/openai-chat";
import { SluiceError } from "@sluice/platform/errors";
import { passes, readRecording, recordedStream } from "@sluice/provider-adapter/recordings";
import type { InputLine } from "../json-lines.ts";
import { type ExchangeLine, exchangeLine, headersOf, idOf } from "./exchange-line.ts";
import { failedChoice, type Outcome, outcomeOf } from "./outcome.ts";

/** One line of output, and how the exchange went. */
export interface TranslatedLine {
  readonly outcome: Outcome | "unreadable";
  readonly text: string;
}

/** Translates one recorded exchange into what callers of chat completions would have got. Never throws. */
export function translateLine(line: InputLine): TranslatedLine {
  if ("fault" in line) return unreadable(null, new SluiceError("invalid_request", line.fault));
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch (cause) {
    return unreadable(null, new SluiceError("invalid_request", "The line is not valid JSON.", { cause }));
  }
  try {
    return translate(exchangeOf(value));
  } catch (thrown) {
    return unreadable(idOf(value), SluiceError.from(thrown));
  }
}

/** @throws invalid_request naming the field */
function exchangeOf(value: unknown): ExchangeLine {
  const parsed = exchangeLine.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".") || "the line";
  throw new SluiceError("invalid_request", `${path}: ${issue?.message ?? "is not valid"}`);
}

function unreadable(id: string | number | null, error: SluiceError): TranslatedLine {
  const nothing = { openai: null, chunks: null, usage: null };
  const fields = { id, outcome: "error", ...nothing, error: printError(error), warnings: [] };
  return { outcome: "unreadable", text: JSON.stringify(fields) };
}

function translate(exchange: ExchangeLine): TranslatedLine {
  const id = exchange.id ?? null;
  const { request, response } = exchange;
  const stream = recordedStream(response);
  refuseEmpty(response, stream !== undefined);
  const read = readRecording({
    provider: exchange.provider,
    api: exchange.api,
    response: {
      status: response.status,
      headers: headersOf(exchange),
      body: response.body,
      stream,
    },
  });
  const answer = {
    id: String(id ?? "recorded"),
    provider: read.provider,
    model: request?.body?.model ?? exchange.model ?? "",
    chunks: read.chunks,
    usage: read.usage,
    includeUsage: request?.body?.stream_options?.include_usage ?? false,
  };
  const { completion, usage, choices } = printRecorded(answer);
  const error = read.error ?? failureOf(failedChoice(choices), read.provider);
  const outcome = error === undefined ? outcomeOf(choices) : "error";
  const chunks = read.streamed ? `[${printRecordedStream(answer, error === undefined).join(",")}]` : "null";
  const fields = [
    `"id":${JSON.stringify(id)}`,
    `"outcome":"${outcome}"`,
    `"openai":${error === undefined ? completion : "null"}`,
    `"chunks":${chunks}`,
    `"usage":${usage}`,
    `"error":${JSON.stringify(error === undefined ? null : printError(error))}`,
    `"warnings":${JSON.stringify(read.problems)}`,
  ];
  return { outcome, text: `{${fields.join(",")}}` };
}

function refuseEmpty({ body }: ExchangeLine["response"], streamed: boolean): void {
  if (streamed || body !== undefined) return;
  throw new SluiceError("invalid_request", "response: needs one of body, sse, ndjson, eventstream_base64 and events");
}

/** A choice that says of itself that it failed is no answer, whatever else came with it. */
function failureOf(rawReason: string | undefined, provider: string): SluiceError | undefined {
  if (rawReason === undefined) return undefined;
  const details = { provider, providerCode: rawReason };
  return new SluiceError("upstream_bad_response", `${provider} ended its answer with ${rawReason}.`, { details });
}

function printError(error: SluiceError): object {
  const { providerCode, retryAfterMs } = error.details;
  return {
    code: error.code,
    provider_code: providerCode ?? null,
    retryable: passes(error.code),
    retry_after_ms: retryAfterMs ?? null,
    message: error.message,
  };
}
