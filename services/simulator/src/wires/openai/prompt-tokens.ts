import type { Body } from "./request.ts";

/** Tokens the "template" adds to each message and each tool. */
const FRAME_TOKENS = 4;
const IMAGE_TOKENS = 85;

/**
 * What a prompt costs here, by a rule that a gateway can bound exactly without seeing the wire: 4 tokens a message and a tool, 85 an
 * image, and one token per UTF-8 byte of every text: contents, names, ids and arguments of tool calls, tool definitions, schemas.
 */
export function countPromptTokens(body: Body): number {
  let tokens = 0;
  for (const message of objects(body["messages"])) tokens += FRAME_TOKENS + messageBytes(message);
  for (const tool of objects(body["tools"]))
    tokens += FRAME_TOKENS + definitionBytes(object(tool["function"]), "parameters");
  const format = object(object(body["response_format"])["json_schema"]);
  return tokens + definitionBytes(format, "schema");
}

function messageBytes(message: Body): number {
  let tokens = bytes(message["name"]) + bytes(message["tool_call_id"]) + bytes(message["refusal"]);
  tokens += bytes(message["reasoning_content"]) + bytes(message["content"]);
  for (const part of objects(message["content"])) tokens += partTokens(part);
  for (const call of objects(message["tool_calls"])) {
    const called = object(call["function"]);
    tokens += bytes(call["id"]) + bytes(called["name"]) + bytes(called["arguments"]);
  }
  return tokens;
}

function partTokens(part: Body): number {
  if (part["type"] === "image_url") return IMAGE_TOKENS;
  return bytes(part["text"]) + bytes(part["refusal"]);
}

function definitionBytes(definition: Body, schemaKey: string): number {
  const schema = definition[schemaKey];
  const schemaBytes = schema === undefined ? 0 : Buffer.byteLength(JSON.stringify(schema));
  return bytes(definition["name"]) + bytes(definition["description"]) + schemaBytes;
}

function bytes(value: unknown): number {
  return typeof value === "string" ? Buffer.byteLength(value) : 0;
}

function object(value: unknown): Body {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : {};
}

function objects(value: unknown): Body[] {
  return Array.isArray(value) ? value.map(object) : [];
}
