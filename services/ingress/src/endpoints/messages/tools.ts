import { type Tool, type ToolChoice, ToolChoiceMode } from "@sluice/proto/chat/v1/chat";
import { extrasOf, hasExtras } from "../chat-completions/extras.ts";
import { toCacheControl } from "../chat-completions/parts.ts";
import type { Problems } from "../chat-completions/problems.ts";
import type { ToolBody, ToolChoiceBody } from "./schema.ts";

const TOOL_FIELDS = new Set(["type", "name", "description", "input_schema", "strict", "cache_control"]);
const FOREIGN_FIELDS = new Set(["type", "name", "cache_control"]);
const CHOICE_FIELDS = new Set(["type", "name", "disable_parallel_tool_use"]);
const MODES: Readonly<Record<string, ToolChoiceMode>> = {
  auto: ToolChoiceMode.TOOL_CHOICE_MODE_AUTO,
  any: ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED,
  tool: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED,
  none: ToolChoiceMode.TOOL_CHOICE_MODE_NONE,
};

/** Maps one tool. Those the provider runs are known by their type alone; their settings stay as they are. */
export function toTool(body: ToolBody, index: number, problems: Problems): Tool {
  const type = body.type ?? "custom";
  if (type !== "custom") {
    return {
      name: body.name ?? "",
      description: "",
      parametersJson: "",
      strict: undefined,
      cacheControl: toCacheControl(body.cache_control),
      type,
      extraJson: extrasOf(body, FOREIGN_FIELDS),
      exactJson: undefined,
    };
  }
  if (!body.name) problems.add(`tools[${index}].name`, "is required");
  if (!body.input_schema) problems.add(`tools[${index}].input_schema`, "is required: an object");
  return {
    name: body.name ?? "",
    description: body.description ?? "",
    parametersJson: body.input_schema ? JSON.stringify(body.input_schema) : "",
    strict: body.strict ?? undefined,
    cacheControl: toCacheControl(body.cache_control),
    type: "function",
    extraJson: extrasOf(body, TOOL_FIELDS),
    exactJson: undefined,
  };
}

/** Maps the steering of tool use; what the canonical form cannot say is carried as JSON text. */
export function toToolChoice(body: ToolChoiceBody, problems: Problems): ToolChoice {
  const mode = Object.hasOwn(MODES, body.type) ? MODES[body.type] : undefined;
  if (mode === undefined || hasExtras(body, CHOICE_FIELDS)) {
    const near = mode ?? ToolChoiceMode.TOOL_CHOICE_MODE_UNSPECIFIED;
    return { mode: near, names: body.name ? [body.name] : [], unknownJson: JSON.stringify(body) };
  }
  if (body.type === "tool" && !body.name) problems.add("tool_choice.name", 'is required with type "tool"');
  return { mode, names: body.type === "tool" && body.name ? [body.name] : [], unknownJson: "" };
}
