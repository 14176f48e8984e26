import type { Refusal } from "../../serve/wire.ts";
import { isSealed, isSigned, seal, sign } from "../signature.ts";
import { type Body, isBody } from "../values.ts";
import { invalid } from "./errors.ts";
import { fieldLists, fields } from "./fields.ts";

const CALL = "gemini-call";
const TEXT = "gemini-text";
/** Signatures the documentation names for histories that another model wrote. */
const PLACEHOLDERS: ReadonlySet<unknown> = new Set([
  "skip_thought_signature_validator",
  "context_engineering_is_the_way_to_go",
]);
const TEXT_SEED_LENGTH = 32;

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isBody(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
}

function callText(name: unknown, args: unknown): string {
  return `${String(name)}\n${JSON.stringify(sorted(args ?? {}))}`;
}

/** The signature of a function call: valid for this name and these arguments only, in whatever order they are written. */
export function callSignature(name: string, args: unknown): string {
  return sign(CALL, callText(name, args));
}

/** The signature on the last part of a text. */
export function textSignature(text: string): string {
  return seal(TEXT, text.slice(0, TEXT_SEED_LENGTH).toWellFormed());
}

/**
 * Checks the signatures a conversation brings back: each must be one that was given out, and with `needed` the first function call of
 * every model turn since the user's last words must have one.
 */
export function checkSignatures(contents: unknown, needed: boolean): Refusal | undefined {
  const list = fieldLists(contents);
  const turn = list.findLastIndex((content) => content["role"] !== "model" && !isAnswerToCalls(content));
  for (const [index, content] of list.entries()) {
    const parts = fieldLists(content["parts"]);
    if (!parts.every(isUnchanged)) return invalid("Corrupted thought signature.");
    const first = parts.find((part) => part["functionCall"] !== undefined);
    if (!needed || index < turn || first === undefined || isSignature(first["thoughtSignature"])) continue;
    return missing(fields(first["functionCall"])["name"], index + 1);
  }
  return undefined;
}

function isSignature(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isAnswerToCalls(content: Body): boolean {
  const parts = fieldLists(content["parts"]);
  return parts.length > 0 && parts.every((part) => part["functionResponse"] !== undefined);
}

function isUnchanged(part: Body): boolean {
  const { thoughtSignature: signature, functionCall } = part;
  if (!isSignature(signature) || PLACEHOLDERS.has(signature)) return true;
  if (functionCall === undefined) return isSealed(TEXT, signature);
  const { name, args } = fields(functionCall);
  return isSigned(CALL, callText(name, args), signature);
}

function missing(name: unknown, position: number): Refusal {
  const rule =
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance.";
  return invalid(
    `${rule} Additional data, function call \`default_api:${String(name)}\` , position ${position}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
  );
}
