import { isBody } from "../values.ts";
import { invalid, type WireError } from "./errors.ts";

/** What the answer needs to know about the conversation. */
export interface ReadMessages {
  readonly prompt: string;
  readonly images: number;
  readonly toolResult: string | undefined;
}

const ROLES = new Set(["system", "developer", "user", "assistant", "tool", "function"]);

/** Reads `messages`; content may be text or a list of parts. */
export function readMessages(value: unknown): ReadMessages | WireError {
  if (!Array.isArray(value)) {
    return value === undefined
      ? invalid("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
      : invalid("Invalid type for 'messages': expected an array of objects.", "messages", "invalid_type");
  }
  if (value.length === 0) {
    const message =
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.";
    return invalid(message, "messages", "empty_array");
  }
  let prompt = "";
  let images = 0;
  let last = { role: "", text: "" };
  for (const [index, message] of value.entries()) {
    const at = `messages[${index}]`;
    if (!isBody(message)) return invalid(`Invalid type for '${at}': expected an object.`, at, "invalid_type");
    const { role, content } = message;
    if (typeof role !== "string" || !ROLES.has(role)) {
      return invalid(
        `Invalid value for '${at}.role': supported values are ${[...ROLES].join(", ")}.`,
        `${at}.role`,
        "invalid_value",
      );
    }
    const read = readContent(content);
    if (read === undefined)
      return invalid(
        `Invalid type for '${at}.content': expected a string or an array.`,
        `${at}.content`,
        "invalid_type",
      );
    images += read.images;
    last = { role, text: read.text };
    if (role === "user") prompt = read.text;
  }
  const toolResult = last.role === "tool" || last.role === "function" ? last.text : undefined;
  return { prompt, images, toolResult };
}

function readContent(content: unknown): { text: string; images: number } | undefined {
  if (typeof content === "string") return { text: content, images: 0 };
  if (content === undefined || content === null) return { text: "", images: 0 };
  if (!Array.isArray(content)) return undefined;
  let text = "";
  let images = 0;
  for (const part of content) {
    if (!isBody(part)) return undefined;
    if (typeof part["text"] === "string") text += (text === "" ? "" : " ") + part["text"];
    if (part["type"] === "image_url") images++;
  }
  return { text, images };
}
