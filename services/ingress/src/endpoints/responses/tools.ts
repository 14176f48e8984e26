import {
  type ResponseFormat,
  ResponseFormatKind,
  type Tool,
  type ToolChoice,
  ToolChoiceMode,
} from "@sluice/proto/chat/v1/chat";
import { extrasOf } from "../chat-completions/extras.ts";
import type { Problems } from "../chat-completions/problems.ts";
import type { FormatBody, ToolBody, ToolChoiceBody } from "./schema.ts";

const FUNCTION_FIELDS = new Set(["type", "name", "description", "parameters", "strict"]);
const CUSTOM_FIELDS = new Set(["type", "name", "description"]);
const RUN_BY_CALLERS = ["function", "custom"];
const CHOICE_WORDS = {
  auto: ToolChoiceMode.TOOL_CHOICE_MODE_AUTO,
  none: ToolChoiceMode.TOOL_CHOICE_MODE_NONE,
  required: ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED,
} as const;
const FORMAT_KINDS = {
  text: ResponseFormatKind.RESPONSE_FORMAT_KIND_TEXT,
  json_object: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT,
  json_schema: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA,
} as const;

/** Maps one tool. Tools that a provider would run itself are refused: a model that does not get them answers another question. */
export function toTool(body: ToolBody, index: number, problems: Problems): Tool {
  const at = `tools[${index}]`;
  if (!RUN_BY_CALLERS.includes(body.type)) {
    problems.add(
      `${at}.type`,
      `must be "function" or "custom"; got ${JSON.stringify(body.type)}, a tool that its provider runs and no provider here offers. Declare a function and run it yourself`,
    );
  } else if (!body.name) problems.add(`${at}.name`, `is required in a tool of type "${body.type}"`);
  const custom = body.type === "custom";
  return {
    name: body.name ?? "",
    description: body.description ?? "",
    parametersJson: !custom && body.parameters ? JSON.stringify(body.parameters) : "",
    strict: custom ? undefined : (body.strict ?? undefined),
    cacheControl: undefined,
    type: body.type,
    extraJson: extrasOf(body, custom ? CUSTOM_FIELDS : FUNCTION_FIELDS),
  };
}

/** Maps the steering of tool use. */
export function toToolChoice(body: ToolChoiceBody, problems: Problems): ToolChoice {
  if (typeof body === "string") return { mode: CHOICE_WORDS[body], names: [], unknownJson: "" };
  if (body.type === "allowed_tools") {
    const names = (body.tools ?? []).map(({ name }) => name ?? "").filter((name) => name !== "");
    if (names.length === 0) problems.add("tool_choice.tools", 'must name a tool in a choice of type "allowed_tools"');
    return { mode: CHOICE_WORDS[body.mode ?? "auto"], names, unknownJson: "" };
  }
  if (!RUN_BY_CALLERS.includes(body.type)) {
    const got = JSON.stringify(body.type);
    problems.add("tool_choice.type", `must be "function", "custom" or "allowed_tools"; got ${got}`);
  } else if (!body.name) problems.add("tool_choice.name", `is required in a choice of type "${body.type}"`);
  return { mode: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, names: [body.name ?? ""], unknownJson: "" };
}

/** Maps `text.format`. */
export function toResponseFormat(body: FormatBody, problems: Problems): ResponseFormat {
  const kind = FORMAT_KINDS[body.type];
  if (body.type !== "json_schema") return { kind, schemaJson: "", name: "", description: "", strict: undefined };
  if (!body.schema) problems.add("text.format.schema", 'is required with type "json_schema"');
  if (!body.name) problems.add("text.format.name", 'is required with type "json_schema"');
  return {
    kind,
    schemaJson: body.schema ? JSON.stringify(body.schema) : "",
    name: body.name ?? "",
    description: body.description ?? "",
    strict: body.strict ?? undefined,
  };
}
