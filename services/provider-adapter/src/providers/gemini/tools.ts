import { type Tool, type ToolChoice, ToolChoiceMode } from "@sluice/proto/chat/v1/chat";
import { parseExtra, parseField, type Warnings } from "../openai/warnings.ts";
import { refuseUnknownTool } from "../tool-names.ts";
import { mapSchema } from "./schema.ts";
import { isObject } from "./wire.ts";

/** What mapping tools needs besides them. */
export interface ToolContext {
  readonly warnings: Warnings;
  /** True if unknown fields are in Google's own dialect and may pass. */
  readonly passUnknown: boolean;
}

function takesNothing(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  const { type, properties, ...rest } = schema;
  const says = Object.keys(rest).filter(
    (keyword) => !["required", "additionalProperties", "$schema"].includes(keyword),
  );
  const free = rest["additionalProperties"] !== undefined && rest["additionalProperties"] !== false;
  const empty = isObject(properties) && Object.keys(properties).length === 0;
  return type === "object" && empty && !free && says.length === 0;
}

function parametersOf(tool: Tool, at: string, warnings: Warnings): Record<string, unknown> {
  if (tool.parametersJson === "") return {};
  const schema = parseField(tool.parametersJson, `${at}.parameters`);
  // An object without properties is refused; a function without parameters is not.
  if (takesNothing(schema)) return {};
  const mapped = mapSchema(schema, `the parameters of ${tool.name}`, warnings);
  return mapped.form === "openapi" ? { parameters: mapped.schema } : { parametersJsonSchema: mapped.schema };
}

/** The fields of a schema as a caller of this very dialect wrote them, else as they are mapped. */
export function exactOr(
  exactJson: string | undefined,
  at: string,
  { passUnknown }: ToolContext,
  otherwise: () => Record<string, unknown>,
): Readonly<Record<string, unknown>> {
  return passUnknown && exactJson !== undefined ? (parseExtra(exactJson, at) ?? {}) : otherwise();
}

function declaration(tool: Tool, at: string, context: ToolContext): Record<string, unknown> {
  const { warnings, passUnknown } = context;
  if (tool.strict === true) warnings.dropped("Enforcing a tool's schema (strict)");
  if (tool.extraJson !== "" && !passUnknown) warnings.dropped("An unknown field of a tool");
  return {
    ...(passUnknown ? parseExtra(tool.extraJson, at) : {}),
    name: tool.name,
    ...(tool.description !== "" && { description: tool.description }),
    ...exactOr(tool.exactJson, at, context, () => parametersOf(tool, at, warnings)),
  };
}

/** A tool Google runs itself, e.g. `{googleSearch: {}}`. */
function ownTool(tool: Tool, at: string): Record<string, unknown> {
  const extra = parseExtra(tool.extraJson, at) ?? {};
  return Object.hasOwn(extra, tool.type) ? { ...extra } : { [tool.type]: extra };
}

/** Tool definitions in Google's form; tools the provider would have to run pass only within its own dialect. */
export function mapTools(tools: readonly Tool[], context: ToolContext): unknown[] {
  const declarations: unknown[] = [];
  const others: unknown[] = [];
  for (const [index, tool] of tools.entries()) {
    const at = `tools[${index}]`;
    if (tool.cacheControl !== undefined) context.warnings.dropped("cache_control of a tool");
    if (tool.type === "" || tool.type === "function") declarations.push(declaration(tool, at, context));
    else if (context.passUnknown) others.push(ownTool(tool, at));
    else context.warnings.dropped(`The tool type ${tool.type}`);
  }
  return declarations.length === 0 ? others : [{ functionDeclarations: declarations }, ...others];
}

function calling(mode: string, names: readonly string[]): Record<string, unknown> {
  return { functionCallingConfig: { mode, ...(names.length > 0 && { allowedFunctionNames: names }) } };
}

/** `toolConfig` in Google's form; undefined leaves the field out. @throws invalid_request when it demands a tool that is not there */
export function mapToolChoice(
  choice: ToolChoice,
  tools: readonly Tool[],
  context: ToolContext,
): Record<string, unknown> | undefined {
  if (choice.unknownJson !== "" && context.passUnknown) return { ...parseExtra(choice.unknownJson, "tool_choice") };
  const names = choice.names.filter((wanted) => tools.some(({ name }) => name === wanted));
  const noneThere = names.length === 0 && choice.names.length > 0;
  switch (choice.mode) {
    case ToolChoiceMode.TOOL_CHOICE_MODE_AUTO:
      if (noneThere) return calling("NONE", []);
      // Names may only stand beside a mode that validates; this one leaves the choice to the model all the same.
      return names.length === 0 ? calling("AUTO", []) : calling("VALIDATED", names);
    case ToolChoiceMode.TOOL_CHOICE_MODE_NONE:
      return calling("NONE", []);
    case ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED:
    case ToolChoiceMode.TOOL_CHOICE_MODE_NAMED:
      if (noneThere) refuseUnknownTool(choice.names);
      return calling("ANY", names);
    default:
      if (choice.unknownJson !== "") context.warnings.dropped("This form of tool_choice");
      return undefined;
  }
}
