import { FRAME_TOKENS, IMAGE_TOKENS } from "../token-rule.ts";
import { type Body, isBody, jsonBytes, object, textBytes } from "../values.ts";
import { isImage, resultText } from "./contents.ts";
import { fieldLists, fields } from "./fields.ts";

/** What a prompt costs, by the rule of `token-rule.ts`. */
export function countPromptTokens(body: Body): number {
  const request = fields(body);
  const system = request["systemInstruction"];
  let tokens = system === undefined ? 0 : contentTokens(fields(system));
  for (const content of fieldLists(request["contents"])) tokens += contentTokens(content);
  for (const tool of fieldLists(request["tools"])) {
    for (const declaration of fieldLists(tool["functionDeclarations"])) {
      tokens += FRAME_TOKENS + textBytes(declaration["name"]) + textBytes(declaration["description"]);
      tokens += schemaBytes(declaration["parametersJsonSchema"] ?? declaration["parameters"]);
    }
  }
  const config = fields(request["generationConfig"]);
  return tokens + jsonBytes(config["responseJsonSchema"] ?? config["responseSchema"]);
}

function contentTokens(content: Body): number {
  let tokens = FRAME_TOKENS;
  for (const part of fieldLists(content["parts"])) tokens += partTokens(part);
  return tokens;
}

function partTokens(part: Body): number {
  if (isImage(part)) return IMAGE_TOKENS;
  const { functionCall, functionResponse } = part;
  if (functionCall !== undefined) {
    const { id, name, args } = fields(functionCall);
    return textBytes(id) + textBytes(name) + jsonBytes(args ?? {});
  }
  // The result's name is that of its call, which was counted there.
  if (functionResponse !== undefined) return textBytes(fields(functionResponse)["id"]) + textBytes(resultText(part));
  return textBytes(part["text"]);
}

/** A schema that says nothing costs nothing. */
function schemaBytes(schema: unknown): number {
  const empty = isBody(schema) && Object.keys(object(schema["properties"])).length === 0;
  return empty && Object.keys(schema).length <= 2 ? 0 : jsonBytes(schema);
}
