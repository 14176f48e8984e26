import type { AnswerFormat, OfferedTool } from "../../answer/types.ts";
import { isBody } from "../values.ts";
import { invalid, type WireError } from "./errors.ts";

const TOOLS_MAX = 128;

/** Reads `tools`; those that are no functions are let through and never called. */
export function readTools(value: unknown): { readonly tools: readonly OfferedTool[] } | WireError {
  if (value === undefined || value === null) return { tools: [] };
  if (!Array.isArray(value))
    return invalid("Invalid type for 'tools': expected an array of objects.", "tools", "invalid_type");
  if (value.length > TOOLS_MAX) {
    return invalid(
      `Invalid 'tools': at most ${TOOLS_MAX}, but got ${value.length}.`,
      "tools",
      "array_above_max_length",
    );
  }
  const tools: OfferedTool[] = [];
  for (const [index, tool] of value.entries()) {
    const named = isBody(tool) && isBody(tool["function"]) ? tool["function"] : undefined;
    if (isBody(tool) && typeof tool["type"] === "string" && tool["type"] !== "function") continue;
    if (named === undefined || typeof named["name"] !== "string" || named["name"] === "") {
      const param = `tools[${index}].function.name`;
      return invalid(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
    }
    tools.push({ name: named["name"], parameters: named["parameters"] });
  }
  return { tools };
}

/** Reads `tool_choice`: a mode, and the tools it leaves to choose from. */
export function readToolChoice(
  value: unknown,
  tools: readonly OfferedTool[],
): { readonly mode: "auto" | "none" | "required"; readonly tools: readonly OfferedTool[] } | WireError {
  if (value === undefined || value === null) return { mode: "auto", tools };
  if (value === "auto" || value === "none" || value === "required") return { mode: value, tools };
  if (isBody(value) && isBody(value["allowed_tools"])) {
    const { mode, tools: allowed } = value["allowed_tools"];
    const names = new Set((Array.isArray(allowed) ? allowed : []).map(functionName));
    return { mode: mode === "required" ? "required" : "auto", tools: tools.filter((tool) => names.has(tool.name)) };
  }
  const name = functionName(value);
  const chosen = tools.filter((tool) => tool.name === name);
  if (chosen.length > 0) return { mode: "required", tools: chosen };
  return invalid(
    "Invalid value for 'tool_choice': it must be none, auto, required or a function among 'tools'.",
    "tool_choice",
    "invalid_value",
  );
}

function functionName(value: unknown): unknown {
  return isBody(value) && isBody(value["function"]) ? value["function"]["name"] : undefined;
}

/** Reads `response_format`. */
export function readFormat(value: unknown): AnswerFormat | WireError {
  if (value === undefined || value === null) return { kind: "text" };
  const type = isBody(value) ? value["type"] : undefined;
  if (type === "text") return { kind: "text" };
  if (type === "json_object") return { kind: "json" };
  if (type === "json_schema" && isBody(value)) {
    const named = value["json_schema"];
    if (isBody(named) && isBody(named["schema"])) return { kind: "schema", schema: named["schema"] };
    const param = "response_format.json_schema.schema";
    return invalid(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
  }
  const message = "Invalid value for 'response_format.type': supported values are text, json_object and json_schema.";
  return invalid(message, "response_format.type", "invalid_value");
}
