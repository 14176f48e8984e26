import {
  type ResponseFormat,
  ResponseFormatKind,
  type Tool,
  type ToolChoice,
  ToolChoiceMode,
} from "@sluice/proto/chat/v1/chat";
import { parseExtra, parseField, type Warnings } from "./warnings.ts";

interface ToolContext {
  readonly warnings: Warnings;
  readonly passUnknown: boolean;
}

function functionTool(tool: Tool, at: string): Record<string, unknown> {
  return {
    type: "function",
    function: {
      name: tool.name,
      ...(tool.description !== "" && { description: tool.description }),
      ...(tool.parametersJson !== "" && { parameters: parseField(tool.parametersJson, `${at}.parameters`) }),
      ...(tool.strict !== undefined && { strict: tool.strict }),
    },
  };
}

/** Tool definitions in OpenAI's form; tools the provider would have to run pass only within OpenAI's own dialect. */
export function mapTools(tools: readonly Tool[], context: ToolContext): unknown[] {
  const wire: unknown[] = [];
  for (const [index, tool] of tools.entries()) {
    const at = `tools[${index}]`;
    if (tool.cacheControl !== undefined) context.warnings.dropped("cache_control of a tool");
    const isFunction = tool.type === "" || tool.type === "function";
    if (!isFunction && !context.passUnknown) {
      context.warnings.dropped(`The tool type ${tool.type}`);
      continue;
    }
    const base = isFunction ? functionTool(tool, at) : { type: tool.type };
    if (tool.extraJson !== "" && !context.passUnknown) context.warnings.dropped("An unknown field of a tool");
    wire.push(context.passUnknown ? { ...parseExtra(tool.extraJson, at), ...base } : base);
  }
  return wire;
}

const named = (name: string): Record<string, unknown> => ({ type: "function", function: { name } });

/** `tool_choice` in OpenAI's form; undefined leaves the field out. */
export function mapToolChoice(choice: ToolChoice, context: ToolContext): unknown {
  if (choice.unknownJson !== "") {
    if (context.passUnknown) return parseField(choice.unknownJson, "tool_choice");
    context.warnings.dropped("This form of tool_choice");
    return undefined;
  }
  const [first] = choice.names;
  switch (choice.mode) {
    case ToolChoiceMode.TOOL_CHOICE_MODE_AUTO:
      return first === undefined ? "auto" : allowed("auto", choice.names);
    case ToolChoiceMode.TOOL_CHOICE_MODE_NONE:
      return "none";
    case ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED:
      return first === undefined ? "required" : allowed("required", choice.names);
    case ToolChoiceMode.TOOL_CHOICE_MODE_NAMED:
      if (first === undefined) return "required";
      return choice.names.length === 1 ? named(first) : allowed("required", choice.names);
    default:
      return undefined;
  }
}

function allowed(mode: string, names: readonly string[]): unknown {
  return { type: "allowed_tools", allowed_tools: { mode, tools: names.map(named) } };
}

/** `response_format` in OpenAI's form; undefined leaves the field out. */
export function mapResponseFormat(format: ResponseFormat): unknown {
  switch (format.kind) {
    case ResponseFormatKind.RESPONSE_FORMAT_KIND_TEXT:
      return { type: "text" };
    case ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT:
      return { type: "json_object" };
    case ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA:
      return {
        type: "json_schema",
        json_schema: {
          name: format.name || "response",
          ...(format.description !== "" && { description: format.description }),
          ...(format.schemaJson !== "" && {
            schema: parseField(format.schemaJson, "response_format.json_schema.schema"),
          }),
          ...(format.strict !== undefined && { strict: format.strict }),
        },
      };
    default:
      return undefined;
  }
}
