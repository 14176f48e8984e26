import { type ChatBody, type ChatLimits, LABEL_MAX, MODEL_NAME } from "./schema.ts";

const ROLES: ReadonlySet<unknown> = new Set(["system", "developer", "user", "assistant"]);

/**
 * True for a body that says no more than nearly all do (messages of plain text, the usual figures) and that the schema takes as it is.
 * Everything else, be it right or wrong, is the schema's to judge: it costs ten times as much.
 */
export function isOrdinary(raw: unknown, limits: ChatLimits): raw is ChatBody {
  if (!isObject(raw) || !Object.hasOwn(raw, "model") || !Object.hasOwn(raw, "messages")) return false;
  for (const name of Object.keys(raw)) if (!isOrdinaryField(name, raw[name], limits)) return false;
  return true;
}

function isOrdinaryField(name: string, value: unknown, limits: ChatLimits): boolean {
  switch (name) {
    case "model":
      return typeof value === "string" && MODEL_NAME.test(value);
    case "messages":
      return areOrdinaryMessages(value, limits.messagesMax);
    case "temperature":
    case "top_p":
    case "frequency_penalty":
    case "presence_penalty":
      return typeof value === "number" && Number.isFinite(value);
    case "max_tokens":
    case "max_completion_tokens":
      return isIntegerUpTo(value, Number.MAX_SAFE_INTEGER);
    case "n":
      return isIntegerUpTo(value, limits.choicesMax);
    case "user":
      return typeof value === "string" && value.length <= LABEL_MAX;
    case "stream":
      return typeof value === "boolean";
    case "stream_options":
      return isUsageWish(value);
    default:
      return false;
  }
}

function areOrdinaryMessages(value: unknown, most: number): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > most) return false;
  return value.every(isOrdinaryMessage);
}

function isOrdinaryMessage(value: unknown): boolean {
  if (!isObject(value) || !Object.hasOwn(value, "role") || !Object.hasOwn(value, "content")) return false;
  return Object.keys(value).length === 2 && ROLES.has(value["role"]) && typeof value["content"] === "string";
}

function isUsageWish(value: unknown): boolean {
  if (!isObject(value) || !Object.hasOwn(value, "include_usage")) return false;
  return Object.keys(value).length === 1 && typeof value["include_usage"] === "boolean";
}

function isIntegerUpTo(value: unknown, most: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
