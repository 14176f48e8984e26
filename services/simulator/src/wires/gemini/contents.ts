import type { Refusal } from "../../serve/wire.ts";
import { type Body, isBody } from "../values.ts";
import { invalid } from "./errors.ts";
import { fieldLists, fields } from "./fields.ts";

const ROLES: ReadonlySet<unknown> = new Set([undefined, "", "user", "model", "function"]);
const DATA = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
];

/** What the answer needs to know about the conversation. */
export interface ReadContents {
  readonly prompt: string;
  readonly images: number;
  readonly toolResult: string | undefined;
}

/** Reads `contents`; function calls and their responses must follow each other in equal number. */
export function readContents(value: unknown): ReadContents | Refusal {
  if (!Array.isArray(value) || value.length === 0) {
    return invalid("* GenerateContentRequest.contents: contents is not specified\n");
  }
  let prompt = "";
  let images = 0;
  let open = 0;
  let before: Body | undefined;
  for (const [index, content] of fieldLists(value).entries()) {
    const parts = fieldLists(content["parts"]);
    const wrong = checkContent(content, parts, index) ?? checkOrder(content, parts, { open, before });
    if (wrong !== undefined) return wrong;
    open = parts.filter((part) => part["functionCall"] !== undefined).length;
    before = content;
    images += parts.filter(isImage).length;
    const text = parts.flatMap((part) => (typeof part["text"] === "string" ? [part["text"]] : [])).join(" ");
    if (content["role"] !== "model" && text !== "") prompt = text;
  }
  return { prompt, images, toolResult: resultText(fieldLists(before?.["parts"]).at(-1)) };
}

function checkContent(content: Body, parts: readonly Body[], index: number): Refusal | undefined {
  const at = `GenerateContentRequest.contents[${index}]`;
  if (!ROLES.has(content["role"])) return invalid("Please use a valid role: user, model.");
  if (parts.length === 0) return invalid(`* ${at}.parts: contents.parts must not be empty.\n`);
  for (const [number, part] of parts.entries()) {
    const place = `${at}.parts[${number}]`;
    if (!DATA.some((name) => part[name] !== undefined)) {
      return invalid(`* ${place}.data: required oneof field 'data' must have one initialized field\n`);
    }
    const response = part["functionResponse"];
    if (response === undefined) continue;
    const { name, response: result } = fields(response);
    if (typeof name !== "string" || name === "") {
      return invalid(`* ${place}.function_response.name: Name cannot be empty.\n`);
    }
    if (!isBody(result))
      return invalid(`Invalid value at 'contents[${index}].parts[${number}].function_response.response'`);
  }
  return undefined;
}

interface Before {
  /** Calls of the content before. */
  readonly open: number;
  readonly before: Body | undefined;
}

function checkOrder(content: Body, parts: readonly Body[], { open, before }: Before): Refusal | undefined {
  const calls = parts.some((part) => part["functionCall"] !== undefined);
  const results = parts.filter((part) => part["functionResponse"] !== undefined).length;
  if (calls && content["role"] === "model" && (before === undefined || before["role"] === "model")) {
    return invalid(
      "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
    );
  }
  if (results > 0 && open === 0) {
    return invalid("Please ensure that function response turn comes immediately after a function call turn.");
  }
  if (results === open) return undefined;
  return invalid(
    "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
  );
}

/** True for a picture, inside the request or elsewhere. */
export function isImage(part: Body): boolean {
  const { mimeType } = fields(part["inlineData"] ?? part["fileData"]);
  return typeof mimeType === "string" && mimeType.startsWith("image/");
}

/** The text of a function's result; the object around it is the sender's choice. */
export function resultText(part: Body | undefined): string | undefined {
  if (part?.["functionResponse"] === undefined) return undefined;
  const response = fields(fields(part["functionResponse"])["response"]);
  const values = Object.values(response);
  const [only] = values;
  return values.length === 1 && typeof only === "string" ? only : JSON.stringify(response);
}
