import { FRAME_TOKENS, IMAGE_TOKENS } from "../token-rule.ts";
import { type Body, textBytes as bytes, jsonBytes, object, objects } from "../values.ts";

/** What a prompt costs, by the rule of `token-rule.ts`. */
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
  return bytes(definition["name"]) + bytes(definition["description"]) + jsonBytes(definition[schemaKey]);
}
