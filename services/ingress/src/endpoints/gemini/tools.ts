import { type Tool, type ToolChoice, ToolChoiceMode } from "@sluice/proto/chat/v1/chat";
import { extrasOf, hasExtras } from "../chat-completions/extras.ts";
import { toJsonSchema } from "./json-schema.ts";
import type { DeclarationBody, GeminiBody, ToolConfigBody } from "./schema.ts";

const DECLARATION_FIELDS = new Set(["name", "description", "parameters", "parametersJsonSchema"]);
const CALLING_FIELDS = new Set(["mode", "allowedFunctionNames"]);

/** Maps functions, and tools Google runs itself, which are known by the name of their field alone. */
export function toTools(given: GeminiBody["tools"]): Tool[] {
  const list = given === null || given === undefined ? [] : Array.isArray(given) ? given : [given];
  return list.flatMap(({ functionDeclarations, ...others }) => [
    ...(functionDeclarations ?? []).map(toFunction),
    ...Object.entries(others)
      .filter(([, settings]) => settings !== null && settings !== undefined)
      .map(([type, settings]) => toForeignTool(type, settings)),
  ]);
}

function toFunction(body: DeclarationBody): Tool {
  const { parameters, parametersJsonSchema } = body;
  const schema = parametersJsonSchema ?? (parameters ? toJsonSchema(parameters) : undefined);
  const exact = {
    ...(parameters && { parameters }),
    ...(parametersJsonSchema !== undefined && parametersJsonSchema !== null && { parametersJsonSchema }),
  };
  return {
    name: body.name,
    description: body.description ?? "",
    parametersJson: schema === undefined ? "" : JSON.stringify(schema),
    strict: undefined,
    cacheControl: undefined,
    type: "function",
    extraJson: extrasOf(body, DECLARATION_FIELDS),
    exactJson: JSON.stringify(exact),
  };
}

function toForeignTool(type: string, settings: unknown): Tool {
  return {
    name: "",
    description: "",
    parametersJson: "",
    strict: undefined,
    cacheControl: undefined,
    type,
    extraJson: JSON.stringify({ [type]: settings }),
    exactJson: undefined,
  };
}

/** Maps the steering of function calls; what the canonical form cannot say is carried as JSON text beside its nearest meaning. */
export function toToolChoice(config: ToolConfigBody): ToolChoice | undefined {
  const { functionCallingConfig: calling } = config;
  if (!calling) return undefined;
  const names = calling.allowedFunctionNames ?? [];
  const mode = modeOf(calling.mode ?? "", names);
  const exact = mode !== undefined && calling.mode !== "VALIDATED" && !hasExtras(calling, CALLING_FIELDS);
  const plain = exact && (names.length === 0 || calling.mode === "ANY");
  return {
    mode: mode ?? ToolChoiceMode.TOOL_CHOICE_MODE_UNSPECIFIED,
    names,
    unknownJson: plain ? "" : JSON.stringify({ functionCallingConfig: calling }),
  };
}

function modeOf(word: string, names: readonly string[]): ToolChoiceMode | undefined {
  switch (word) {
    case "":
    case "MODE_UNSPECIFIED":
    case "AUTO":
    case "VALIDATED":
      return ToolChoiceMode.TOOL_CHOICE_MODE_AUTO;
    case "ANY":
      return names.length > 0 ? ToolChoiceMode.TOOL_CHOICE_MODE_NAMED : ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED;
    case "NONE":
      return ToolChoiceMode.TOOL_CHOICE_MODE_NONE;
    default:
      return undefined;
  }
}
