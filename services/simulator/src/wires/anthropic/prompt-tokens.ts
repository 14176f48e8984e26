import { FRAME_TOKENS, IMAGE_TOKENS } from "../token-rule.ts";
import { type Body, isBody, jsonBytes, object, objects, textBytes } from "../values.ts";

/** What a prompt costs, by the rule of `token-rule.ts`. */
export function countPromptTokens(body: Body): number {
  let tokens = body["system"] === undefined ? 0 : FRAME_TOKENS + contentTokens(body["system"]);
  for (const message of objects(body["messages"])) tokens += FRAME_TOKENS + contentTokens(message["content"]);
  for (const tool of objects(body["tools"])) {
    tokens += FRAME_TOKENS + textBytes(tool["name"]) + textBytes(tool["description"]);
    tokens += schemaBytes(tool["input_schema"]);
  }
  const format = body["output_format"] ?? object(body["output_config"])["format"];
  return tokens + jsonBytes(object(format)["schema"]);
}

function contentTokens(content: unknown): number {
  let tokens = textBytes(content);
  for (const block of objects(content)) tokens += blockTokens(block);
  return tokens;
}

function blockTokens(block: Body): number {
  switch (block["type"]) {
    case "text":
      return textBytes(block["text"]);
    case "image":
      return IMAGE_TOKENS;
    case "document":
      return documentTokens(object(block["source"]));
    case "thinking":
      return textBytes(block["thinking"]);
    case "tool_use":
      return textBytes(block["id"]) + textBytes(block["name"]) + jsonBytes(block["input"]);
    case "tool_result":
      return textBytes(block["tool_use_id"]) + contentTokens(block["content"]);
    default:
      return 0;
  }
}

function documentTokens(source: Body): number {
  return source["type"] === "text" ? textBytes(source["data"]) : contentTokens(source["content"]);
}

/** A schema that says nothing costs nothing: the wire demands one even of tools without arguments. */
function schemaBytes(schema: unknown): number {
  if (isBody(schema) && Object.keys(object(schema["properties"])).length === 0 && Object.keys(schema).length <= 2) {
    return 0;
  }
  return jsonBytes(schema);
}
