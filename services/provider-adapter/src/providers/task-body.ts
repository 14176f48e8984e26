import { SluiceError } from "@sluice/platform/errors";
import type { TaskAnswer } from "../provider-tasks.ts";
import type { TaskSource } from "./task-table.ts";

const JSON_HEADERS = { "content-type": "application/json", accept: "application/json" } as const;

/** Headers of a request whose body is JSON. */
export const jsonHeaders: Readonly<Record<string, string>> = JSON_HEADERS;

/** A JSON object's fields. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An answer's JSON object, or the error the provider put into it with a good status. @throws upstream_bad_response if it is neither */
export function readFields(source: TaskSource, answer: TaskAnswer): Fields | SluiceError {
  const text = Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength).toString("utf8");
  const value = parse(text);
  if (!isFields(value)) throw badAnswer(source, "is no JSON object");
  const { error } = value;
  if (error === undefined || error === null || error === false) return value;
  return source.mapError({ status: answer.status, headers: answer.headers, body: text });
}

/** The failure of an answer that cannot be read; `what` completes a sentence. */
export function badAnswer({ name }: Pick<TaskSource, "name">, what: string): SluiceError {
  return new SluiceError("upstream_bad_response", `The answer of ${name} ${what}.`, { details: { provider: name } });
}

/** The fields a caller sent beyond the known ones, for a wire of the same family. */
export function extraFields(json: string): Fields {
  const value = json === "" ? {} : parse(json);
  return isFields(value) ? value : {};
}

/** The text of a field; empty if it is none. */
export function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The objects of a list; nothing if it is none. */
export function listIn(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** A number; NaN, which no judge lets pass, for anything else. */
export function numberIn(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever asks tells what that means: a page of a proxy, a cut answer.
    return undefined;
  }
}
