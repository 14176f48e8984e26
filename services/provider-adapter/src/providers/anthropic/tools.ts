import { type ChatRequest, type Tool, type ToolChoice, ToolChoiceMode } from "@sluice/proto/chat/v1/chat";
import { parseExtra, parseField, type Warnings } from "../openai/warnings.ts";
import { isObject } from "../openai/wire.ts";
import { refuseUnknownTool } from "../tool-names.ts";
import type { CacheBoundaries } from "./cache.ts";
import { JSON_TOOL, type MappedFormat } from "./format.ts";
import { narrowSchema } from "./schema.ts";
import { fitsSubset } from "./schema-fit.ts";
import type { Traits } from "./traits.ts";

interface ToolContext {
  readonly warnings: Warnings;
  readonly passUnknown: boolean;
  readonly cache: CacheBoundaries;
  readonly traits: Traits;
}

type WireTool = Record<string, unknown>;

/** Tools and how they are to be used. */
export interface MappedTools {
  readonly tools: readonly WireTool[];
  readonly choice: Readonly<Record<string, unknown>> | undefined;
  /** True if the model must call a tool, which thinking by budget does not allow. */
  readonly forced: boolean;
}

function inputSchema(tool: Tool, strict: boolean, at: string): unknown {
  if (tool.parametersJson === "") return { type: "object", properties: {} };
  const schema = parseField(tool.parametersJson, `${at}.parameters`);
  if (!isObject(schema)) return { type: "object", properties: {} };
  // Arguments are an object, whatever the schema says.
  const whole = { ...schema, type: "object" };
  return strict ? narrowSchema(whole) : whole;
}

/** A tool without arguments has nothing to be strict about. */
function isStrictable(tool: Tool, at: string): boolean {
  return tool.parametersJson !== "" && fitsSubset(parseField(tool.parametersJson, `${at}.parameters`));
}

/** A tool of a caller of this very dialect: nothing of it is ours to change. */
function ownTool(tool: Tool, at: string): WireTool {
  return {
    name: tool.name,
    ...(tool.description !== "" && { description: tool.description }),
    input_schema:
      tool.parametersJson === "" ? inputSchema(tool, false, at) : parseField(tool.parametersJson, `${at}.input_schema`),
    ...(tool.strict !== undefined && { strict: tool.strict }),
  };
}

function functionTool(tool: Tool, at: string, context: ToolContext): WireTool {
  if (context.passUnknown) return ownTool(tool, at);
  const strict = tool.strict === true && context.traits.jsonSchema && isStrictable(tool, at);
  if (tool.strict === true && !strict && tool.parametersJson !== "") context.warnings.dropped("strict of this tool");
  return {
    name: tool.name,
    ...(tool.description !== "" && { description: tool.description }),
    input_schema: inputSchema(tool, strict, at),
    ...(strict && { strict }),
  };
}

function mapTool(tool: Tool, at: string, context: ToolContext): WireTool | undefined {
  const isFunction = tool.type === "" || tool.type === "function";
  if (!isFunction && !context.passUnknown) {
    context.warnings.dropped(`The tool type ${tool.type.slice(0, 64)}`);
    return undefined;
  }
  const base = isFunction
    ? functionTool(tool, at, context)
    : { type: tool.type, ...(tool.name !== "" && { name: tool.name }) };
  if (tool.extraJson !== "" && !context.passUnknown) context.warnings.dropped("An unknown field of a tool");
  const whole = context.passUnknown ? { ...parseExtra(tool.extraJson, at), ...base } : base;
  context.cache.mark(whole, tool.cacheControl);
  return whole;
}

/** The caller's choice: the mode, and the only tools it leaves; undefined names leave all. */
interface Choice {
  readonly type: "auto" | "any" | "tool" | "none" | undefined;
  readonly names: readonly string[];
}

function choiceOf(choice: ToolChoice | undefined): Choice {
  const names = choice?.names ?? [];
  switch (choice?.mode) {
    case ToolChoiceMode.TOOL_CHOICE_MODE_AUTO:
      return { type: "auto", names };
    case ToolChoiceMode.TOOL_CHOICE_MODE_NONE:
      return { type: "none", names: [] };
    case ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED:
      return { type: "any", names };
    case ToolChoiceMode.TOOL_CHOICE_MODE_NAMED:
      return { type: names.length === 1 ? "tool" : "any", names };
    default:
      return { type: undefined, names: [] };
  }
}

/** What the model cannot be made to do is asked of it: only the wanted tools are left, and the choice is its own. */
function permitted(choice: Choice, context: ToolContext): Choice {
  if (context.traits.forcedTools || (choice.type !== "any" && choice.type !== "tool")) return choice;
  context.warnings.say(
    "This model cannot be made to call a tool: tool_choice is emulated by offering only those wanted.",
  );
  return { type: "auto", names: choice.names };
}

function wireChoice(choice: Choice, parallel: boolean | undefined): Readonly<Record<string, unknown>> | undefined {
  const single = parallel === false ? { disable_parallel_tool_use: true } : {};
  switch (choice.type) {
    case undefined:
      return parallel === false ? { type: "auto", ...single } : undefined;
    case "none":
      return { type: "none" };
    case "tool":
      return { type: "tool", name: choice.names[0], ...single };
    default:
      return { type: choice.type, ...single };
  }
}

function withStandIn(tools: readonly WireTool[], standIn: WireTool): MappedTools {
  const choice =
    tools.length === 0 ? { type: "tool", name: JSON_TOOL } : { type: "any", disable_parallel_tool_use: true };
  return { tools: [...tools, standIn], choice, forced: true };
}

/** Tool definitions and the choice among them; tools the provider would have to run pass only within its own dialect. */
export function mapTools(request: ChatRequest, format: MappedFormat, context: ToolContext): MappedTools {
  const all = request.tools
    .map((tool, index) => mapTool(tool, `tools[${index}]`, context))
    .filter((tool) => tool !== undefined);
  const { toolChoice } = request;
  if (toolChoice !== undefined && toolChoice.unknownJson !== "") {
    if (context.passUnknown && all.length > 0) {
      const choice = parseExtra(toolChoice.unknownJson, "tool_choice");
      return { tools: all, choice, forced: choice?.["type"] === "any" || choice?.["type"] === "tool" };
    }
    context.warnings.dropped("This form of tool_choice");
  }
  const wanted = choiceOf(toolChoice);
  const offered = wanted.names.length === 0 || all.some(({ name }) => wanted.names.some((one) => one === name));
  if (!offered && wanted.type !== "auto" && all.length > 0) refuseUnknownTool(wanted.names);
  const choice = permitted(wanted, context);
  const kept = choice.type === "tool" || choice.names.length === 0;
  const tools = kept ? all : all.filter(({ name }) => choice.names.some((wanted) => wanted === name));
  if (format.tool !== undefined) {
    // A choice of "none" leaves only the stand-in.
    return withStandIn(choice.type === "none" ? [] : tools, format.tool);
  }
  if (tools.length === 0) return { tools: [], choice: undefined, forced: false };
  const forced = choice.type === "any" || choice.type === "tool";
  return { tools, choice: wireChoice(choice, request.parallelToolCalls), forced };
}
