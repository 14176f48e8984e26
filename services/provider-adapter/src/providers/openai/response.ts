import { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { MappedAnswer } from "../../provider.ts";
import { redact } from "../../redact.ts";
import { choiceNumber } from "../figures.ts";
import { chunk, deltaChunks, finishChunks, logprobsChunk, startChunk, textPiece } from "./chunks.ts";
import { mapError } from "./errors.ts";
import { ChoiceNumbers } from "./numbers.ts";
import type { WireOptions } from "./options.ts";
import { mapUsage, usageIn } from "./usage.ts";
import { isObject, textOf, type WireAnswer } from "./wire.ts";

const SNIPPET = 256;

/** The error for an answer that cannot be read, with its start for the log. */
export function unreadable(provider: string, what: string, body: string, cause?: unknown): SluiceError {
  const details = { provider, upstreamBody: redact(body.slice(0, SNIPPET)) };
  return new SluiceError("upstream_bad_response", `${provider} sent ${what}.`, { cause, details });
}

function parseAnswer(provider: string, body: string): WireAnswer {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw unreadable(provider, "an answer that is not valid JSON", body, cause);
  }
  if (isObject(value)) return value;
  throw unreadable(provider, "an answer that is not a JSON object", body);
}

/** True for an error without the usual wrapping: a sentence where choices should be. */
function isBareError(answer: WireAnswer): boolean {
  const { choices, detail, message, object } = answer;
  if (choices !== undefined && choices !== null) return false;
  return object === "error" || typeof message === "string" || typeof detail === "string";
}

/** The error object of an answer or event, of its own or of a choice's, as a body's text; undefined if there is none. */
export function failureIn(answer: WireAnswer): string | undefined {
  const { choices, error } = answer;
  if (error !== undefined && error !== null && error !== "") return JSON.stringify(answer);
  if (!Array.isArray(choices)) return isBareError(answer) ? JSON.stringify(answer) : undefined;
  for (const choice of choices) {
    if (isObject(choice) && isObject(choice["error"])) return JSON.stringify({ error: choice["error"] });
  }
  return undefined;
}

/** The chunks of one whole choice; true if it says why it ended. */
function choiceChunks(wire: unknown, position: number, into: ChatChunk[]): boolean {
  if (!isObject(wire)) return false;
  const index = choiceNumber(wire["index"], position);
  const numbers = new ChoiceNumbers();
  if (isObject(wire["message"])) deltaChunks(index, wire["message"], numbers, into);
  else if (typeof wire["text"] === "string") deltaChunks(index, textPiece(wire["text"]), numbers, into);
  logprobsChunk(index, wire["logprobs"], into);
  const reason = textOf(wire["finish_reason"]);
  if (reason === "") return false;
  finishChunks(index, reason, numbers.calls, into);
  return true;
}

/**
 * A plain answer as the list of chunks a stream would have brought. An error object inside a 200 is an error.
 * @throws upstream_bad_response when the body is not an answer
 */
export function mapResponse(body: string, options: WireOptions): MappedAnswer {
  const answer = parseAnswer(options.name, body);
  const nothing = { chunks: [], usage: undefined, serviceTier: "", finished: false, ended: true, problems: [] };
  const choices = answer.choices;
  const failure = failureIn(answer);
  if (failure !== undefined)
    return { ...nothing, error: mapError(options, { status: 200, headers: {}, body: failure }, 0) };
  if (!Array.isArray(choices)) throw unreadable(options.name, "an answer without choices", body);
  const chunks = [startChunk(answer)];
  let finished = choices.length > 0;
  for (const [position, choice] of choices.entries()) {
    if (!choiceChunks(choice, position, chunks)) finished = false;
  }
  const wire = usageIn(answer, options.usage);
  const { usage, problems } = wire === undefined ? { usage: undefined, problems: [] } : mapUsage(wire, options.usage);
  if (usage !== undefined) chunks.push(chunk(0, { $case: "usage", value: { usage } }));
  const serviceTier = textOf(answer.service_tier);
  return { chunks, usage, serviceTier, finished, ended: true, error: undefined, problems };
}
