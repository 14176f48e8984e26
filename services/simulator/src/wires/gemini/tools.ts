import type { AnswerFormat, OfferedTool } from "../../answer/types.ts";
import type { Refusal } from "../../serve/wire.ts";
import type { Body } from "../values.ts";
import { invalid } from "./errors.ts";
import { fieldLists, fields } from "./fields.ts";
import { jsonSchema } from "./schema.ts";

const NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;
const MODES = { AUTO: "auto", NONE: "none", ANY: "required", VALIDATED: "auto" } as const;

/** Reads the declared functions; tools the provider runs itself are let through and never called. */
export function readTools(value: unknown): readonly OfferedTool[] | Refusal {
  const tools: OfferedTool[] = [];
  for (const [index, tool] of fieldLists(value).entries()) {
    for (const [number, declaration] of fieldLists(tool["functionDeclarations"]).entries()) {
      const at = `GenerateContentRequest.tools[${index}].function_declarations[${number}]`;
      const { name, parameters, parametersJsonSchema } = declaration;
      if (typeof name !== "string" || !NAME.test(name)) {
        return invalid(
          `* ${at}.name: [FIELD_INVALID] Invalid function name. Must start with a letter or an underscore and be alphanumeric, underscores, dots, colons or dashes, with a maximum length of 128.\n`,
        );
      }
      if (parameters !== undefined && parametersJsonSchema !== undefined) {
        return invalid(`* ${at}: parameters and parameters_json_schema cannot both be set.\n`);
      }
      if (tools.some((known) => known.name === name)) return invalid(`Duplicate function declaration found: ${name}`);
      tools.push({ name, parameters: parametersJsonSchema ?? jsonSchema(parameters) });
    }
  }
  return tools;
}

/** Reads `toolConfig`: a mode, and the functions it leaves to choose from. */
export function readToolChoice(
  value: unknown,
  tools: readonly OfferedTool[],
): { readonly mode: "auto" | "none" | "required"; readonly tools: readonly OfferedTool[] } | Refusal {
  const { mode, allowedFunctionNames: allowed } = fields(fields(value)["functionCallingConfig"]);
  if (mode === undefined || mode === "MODE_UNSPECIFIED") return { mode: "auto", tools };
  const known = Object.entries(MODES).find(([name]) => name === mode)?.[1];
  if (known === undefined) {
    return invalid(
      `Invalid value at 'tool_config.function_calling_config.mode' (Mode), "${String(mode).slice(0, 64)}"`,
    );
  }
  if (!Array.isArray(allowed) || allowed.length === 0) return { mode: known, tools };
  if (known !== "required" && mode !== "VALIDATED") {
    return invalid(
      "Function calling config: allowed_function_names can be set only when the mode is ANY or VALIDATED.",
    );
  }
  const left = tools.filter((tool) => allowed.includes(tool.name));
  return left.length > 0
    ? { mode: known, tools: left }
    : invalid("allowed_function_names must name declared functions.");
}

/** Reads the answer's form. */
export function readFormat(config: Body): AnswerFormat | Refusal {
  const { responseMimeType: type, responseSchema, responseJsonSchema } = config;
  const schema = responseJsonSchema ?? jsonSchema(responseSchema);
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    return invalid("Only one of response_schema and response_json_schema can be set.");
  }
  if (type === "application/json") return schema === undefined ? { kind: "json" } : { kind: "schema", schema };
  if (type !== undefined && type !== "text/plain" && type !== "text/x.enum") {
    return invalid(
      "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.\n",
    );
  }
  if (schema === undefined || type === "text/x.enum") return { kind: "text" };
  return invalid(
    "* GenerateContentRequest.generation_config.response_schema: only allowed when response_mime_type is `application/json`.\n",
  );
}
