import type { Refusal } from "../../serve/wire.ts";
import { type Body, isBody } from "../values.ts";
import { unknownField } from "./errors.ts";

function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** An object under the names the API documents; it also takes them in snake case. */
export function fields(value: unknown): Body {
  if (!isBody(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [camelCase(name), one]));
}

/** Like {@link fields} for the elements of a list. */
export function fieldLists(value: unknown): Body[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

const names = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const REQUEST = names(
  "cachedContent contents generationConfig model safetySettings serviceTier store systemInstruction toolConfig tools",
);
const CONFIG = names(
  "audioTranscriptionConfig candidateCount enableAffectiveDialog enableEnhancedCivicAnswers frequencyPenalty imageConfig logprobs maxOutputTokens mediaResolution presencePenalty responseFormat responseJsonSchema responseLogprobs responseMimeType responseModalities responseSchema seed speechConfig stopSequences temperature thinkingConfig topK topP translationConfig",
);
const THINKING = names("includeThoughts thinkingBudget thinkingLevel");
const DECLARATION = names("behavior description name parameters parametersJsonSchema response responseJsonSchema");
const PART = names(
  "codeExecutionResult executableCode fileData functionCall functionResponse inlineData mediaProcessing mediaResolution partMetadata text thought thoughtSignature toolCall toolResponse videoMetadata",
);
const CALL = names("args id name");
const RESPONSE = names("id name parts response scheduling willContinue");
const SCHEMA = names(
  "anyOf default description enum example format items maxItems maxLength maxProperties maximum minItems minLength minProperties minimum nullable pattern properties propertyOrdering required title type",
);

function stray(value: Body, known: ReadonlySet<string>, at: string): Refusal | undefined {
  const name = Object.keys(value).find((one) => !known.has(camelCase(one)));
  return name === undefined ? undefined : unknownField(name, at);
}

/** Refuses fields that do not exist, as the API does; what it takes as plain JSON may hold anything. */
export function checkFields(body: Body): Refusal | undefined {
  const request = fields(body);
  const config = fields(request["generationConfig"]);
  return (
    stray(body, REQUEST, "") ??
    stray(config, CONFIG, "generation_config") ??
    stray(fields(config["thinkingConfig"]), THINKING, "generation_config.thinking_config") ??
    checkSchema(config["responseSchema"], "generation_config.response_schema") ??
    checkTools(request["tools"]) ??
    checkParts(request["contents"])
  );
}

function checkTools(tools: unknown): Refusal | undefined {
  for (const [index, tool] of fieldLists(tools).entries()) {
    for (const [number, declaration] of fieldLists(tool["functionDeclarations"]).entries()) {
      const at = `tools[${index}].function_declarations[${number}]`;
      const wrong = stray(declaration, DECLARATION, at) ?? checkSchema(declaration["parameters"], `${at}.parameters`);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}

function checkParts(contents: unknown): Refusal | undefined {
  for (const [index, content] of fieldLists(contents).entries()) {
    for (const [number, part] of fieldLists(content["parts"]).entries()) {
      const at = `contents[${index}].parts[${number}]`;
      const wrong =
        stray(part, PART, at) ??
        stray(fields(part["functionCall"]), CALL, `${at}.function_call`) ??
        stray(fields(part["functionResponse"]), RESPONSE, `${at}.function_response`);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}

/** A schema in the API's own subset; names of properties are free. */
function checkSchema(schema: unknown, at: string): Refusal | undefined {
  if (!isBody(schema)) return undefined;
  const inner = fields(schema);
  const wrong = stray(schema, SCHEMA, at) ?? checkSchema(inner["items"], `${at}.items`);
  if (wrong !== undefined) return wrong;
  for (const [name, property] of Object.entries(isBody(inner["properties"]) ? inner["properties"] : {})) {
    const found = checkSchema(property, `${at}.properties[${name.slice(0, 64)}].value`);
    if (found !== undefined) return found;
  }
  for (const [index, branch] of (Array.isArray(inner["anyOf"]) ? inner["anyOf"] : []).entries()) {
    const found = checkSchema(branch, `${at}.any_of[${index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}
