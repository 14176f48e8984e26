import { SluiceError } from "@sluice/platform/errors";

/** Names of fields that count something billed. Times, speeds and amounts of money have other names. */
const COUNTS =
  /(?:tokens?|_tokens_total|_units|_requests|_calls|characters|images|searches|_count|_executed|[tT]okenCount|Tokens|^num_.*)$/;
const NOT_COUNTS = /(?:per_second|_cost|_time|_acceptance)$/;
/** Names of fields that hold others. */
const HOLDERS = /(?:_details|Details|^cache_creation|^billed_units|^server_tool_use)$/;
/** A holder by the name of a count. */
const HOLDER_OF_COUNTS = "tokens";
/** Whole answers with figures at their top are taken too: what was answered has none. */
const CONTENT = "message";
/** More than any request has; the readers of answers believe no larger figure. */
const COUNT_MAX = 1_000_000_000;
/** Usage objects are flat: deeper ones are something else. */
const DEPTH_MAX = 8;

/** What is wrong with a line of input, naming the field. */
export function wrong(param: string, message: string): SluiceError {
  return new SluiceError("invalid_request", `${param}: ${message}`, { details: { param } });
}

/**
 * Refuses counts that are none, wherever they stand in a usage object: an error is better than a bill of something else.
 * @throws invalid_request naming the field
 */
export function checkFigures(value: unknown, path: string, depth = 0): void {
  if (depth > DEPTH_MAX) throw wrong(path, "is nested too deeply to be usage");
  if (!isRecord(value)) return;
  for (const [name, field] of Object.entries(value)) {
    const at = `${path}.${name}`;
    if (name === CONTENT) continue;
    const holds = HOLDERS.test(name);
    const counts = !holds && COUNTS.test(name) && !NOT_COUNTS.test(name);
    if (isRecord(field)) {
      if (counts && name !== HOLDER_OF_COUNTS) throw wrong(at, "is no number");
      checkFigures(field, at, depth + 1);
    } else if (holds && field !== null && field !== undefined) throw wrong(at, "is not an object");
    else if (counts) checkCount(field, at);
  }
}

function checkCount(value: unknown, path: string): void {
  if (value === null || value === undefined) return;
  if (typeof value !== "number")
    throw wrong(path, `is ${JSON.stringify(value).slice(0, 40)}; a whole number is needed`);
  if (value < 0) throw wrong(path, `is negative: ${value}`);
  if (!Number.isInteger(value)) throw wrong(path, `is not a whole number: ${value}`);
  if (value > COUNT_MAX) throw wrong(path, `is ${value}; at most ${COUNT_MAX} are possible`);
}

export type WireObject = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is WireObject {
  return typeof value === "object" && value !== null;
}

/** The object in a field; an empty one if there is none. */
export function objectIn(value: WireObject, name: string): WireObject {
  const field = value[name];
  return isRecord(field) && !Array.isArray(field) ? field : {};
}

/** A count that was checked before; undefined if it is not there. */
export function countIn(value: WireObject, name: string): number | undefined {
  const field = value[name];
  return typeof field === "number" ? field : undefined;
}
