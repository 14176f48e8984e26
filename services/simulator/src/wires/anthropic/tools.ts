import type { AnswerFormat, OfferedTool } from "../../answer/types.ts";
import type { Refusal } from "../../serve/wire.ts";
import { isBody, object } from "../values.ts";
import { invalid } from "./errors.ts";

const NAME = /^[a-zA-Z0-9_-]{1,128}$/;

/** Reads `tools`; those the provider runs itself are let through and never called. */
export function readTools(value: unknown): readonly OfferedTool[] | Refusal {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return invalid("tools: Input should be a valid list");
  const tools: OfferedTool[] = [];
  for (const [index, tool] of value.entries()) {
    const at = `tools.${index}`;
    if (!isBody(tool)) return invalid(`${at}: Input should be a valid dictionary`);
    if (tool["type"] !== undefined && tool["type"] !== null && tool["type"] !== "custom") continue;
    const { name, input_schema: schema } = tool;
    if (typeof name !== "string") return invalid(`${at}.custom.name: Field required`);
    if (!NAME.test(name)) return invalid(`${at}.custom.name: String should match pattern '${NAME.source}'`);
    if (!isBody(schema)) return invalid(`${at}.custom.input_schema: Field required`);
    if (schema["type"] === undefined) return invalid(`${at}.custom.input_schema.type: Field required`);
    if (schema["type"] !== "object") return invalid(`${at}.custom.input_schema.type: Input should be 'object'`);
    if (tools.some((known) => known.name === name)) return invalid("tools: Tool names must be unique.");
    tools.push({ name, parameters: schema });
  }
  return tools;
}

/** What `tool_choice` leaves to choose from. */
export interface ToolChoice {
  readonly mode: "auto" | "none" | "required";
  readonly tools: readonly OfferedTool[];
  readonly parallel: boolean;
}

/** Reads `tool_choice`. */
export function readToolChoice(value: unknown, tools: readonly OfferedTool[]): ToolChoice | Refusal {
  if (value === undefined || value === null) return { mode: "auto", tools, parallel: true };
  const { type, name, disable_parallel_tool_use: single } = object(value);
  const parallel = single !== true;
  if (type === "auto" || type === "none") return { mode: type, tools, parallel };
  if (type === "any") return { mode: "required", tools, parallel };
  if (type !== "tool") {
    const tag = String(type).slice(0, 64);
    return invalid(
      `tool_choice: Input tag '${tag}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`,
    );
  }
  const chosen = tools.filter((tool) => tool.name === name);
  if (chosen.length > 0) return { mode: "required", tools: chosen, parallel };
  return invalid(`Tool '${String(name).slice(0, 128)}' not found in provided tools`);
}

/** Reads the answer's form, in its own place or in that of the older beta. */
export function readFormat(value: unknown): AnswerFormat | Refusal {
  if (value === undefined || value === null) return { kind: "text" };
  const { type, schema } = object(value);
  if (type !== "json_schema") return invalid("output_config.format.type: Input should be 'json_schema'");
  if (!isBody(schema)) return invalid("output_config.format.schema: Field required");
  return { kind: "schema", schema };
}
