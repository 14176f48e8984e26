import { type Tool, type ToolChoice, ToolChoiceMode } from "@sluice/proto/chat/v1/chat";
import { refuseUnknownTool } from "../tool-names.ts";
import type { ToolChoiceForm, WireOptions } from "./options.ts";
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

/** A choice with the form of `tool_choice` that says it. */
interface Wanted {
  readonly form: ToolChoiceForm;
  readonly wire: unknown;
}

function allowed(mode: string, names: readonly string[]): Wanted {
  return { form: "allowed", wire: { type: "allowed_tools", allowed_tools: { mode, tools: names.map(named) } } };
}

function wantedOf(choice: ToolChoice, options: WireOptions): Wanted | undefined {
  const [first] = choice.names;
  const required: Wanted = { form: "required", wire: options.requiredWord };
  switch (choice.mode) {
    case ToolChoiceMode.TOOL_CHOICE_MODE_AUTO:
      return first === undefined ? { form: "auto", wire: "auto" } : allowed("auto", choice.names);
    case ToolChoiceMode.TOOL_CHOICE_MODE_NONE:
      return { form: "none", wire: "none" };
    case ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED:
      return first === undefined ? required : allowed("required", choice.names);
    case ToolChoiceMode.TOOL_CHOICE_MODE_NAMED:
      if (first === undefined) return required;
      return choice.names.length === 1 ? { form: "named", wire: named(first) } : allowed("required", choice.names);
    default:
      return undefined;
  }
}

/** What is sent of the tools and of the choice among them. */
export interface ChosenTools {
  readonly tools: readonly Tool[];
  /** `tool_choice`; undefined leaves the field out. */
  readonly choice: unknown;
}

/** A choice the provider has no words for, said by the tools that are sent. */
function emulated(choice: ToolChoice, tools: readonly Tool[], options: WireOptions, warnings: Warnings): ChosenTools {
  if (choice.mode === ToolChoiceMode.TOOL_CHOICE_MODE_NONE) {
    warnings.say(`${options.name} does not know tool_choice none; no tools were sent.`);
    return { tools: [], choice: undefined };
  }
  const names = new Set(choice.names);
  const left = names.size === 0 ? tools : tools.filter((tool) => names.has(tool.name));
  const demanded = choice.mode !== ToolChoiceMode.TOOL_CHOICE_MODE_AUTO;
  if (demanded && left.length === 0 && tools.length > 0) refuseUnknownTool(choice.names);
  if (names.size > 0)
    warnings.say(`${options.name} does not know this tool_choice; only the tools it names were sent.`);
  const auto = options.toolChoice.has("auto") ? "auto" : undefined;
  if (!demanded) return { tools: left, choice: auto };
  if (options.toolChoice.has("required")) return { tools: left, choice: options.requiredWord };
  warnings.dropped("Demanding a tool call");
  return { tools: left, choice: auto };
}

/** The tools and `tool_choice` to send; a form of choice the provider does not know is emulated where that is possible. */
export function chooseTools(
  choice: ToolChoice | undefined,
  tools: readonly Tool[],
  options: WireOptions,
  context: ToolContext,
): ChosenTools {
  if (choice === undefined) return { tools, choice: undefined };
  if (choice.unknownJson !== "") {
    if (context.passUnknown) return { tools, choice: parseField(choice.unknownJson, "tool_choice") };
    context.warnings.dropped("This form of tool_choice");
    return { tools, choice: undefined };
  }
  const wanted = wantedOf(choice, options);
  if (wanted === undefined || options.toolChoice.has(wanted.form)) return { tools, choice: wanted?.wire };
  return emulated(choice, tools, options, context.warnings);
}
