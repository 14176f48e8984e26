import {
  type ResponseFormat,
  ResponseFormatKind,
  type Tool,
  type ToolChoice,
  ToolChoiceMode,
} from "@sluice/proto/chat/v1/chat";
import { extrasOf, hasExtras } from "./extras.ts";
import { toCacheControl } from "./parts.ts";
import type { Problems } from "./problems.ts";
import type { ResponseFormatBody, ToolBody, ToolChoiceBody } from "./schema.ts";

const TOOL_FIELDS = new Set(["type", "function", "cache_control"]);
const FUNCTION_FIELDS = new Set(["name", "description", "parameters", "strict"]);
const TYPE_FIELD = new Set(["type"]);
const FORMAT_FIELDS = new Set(["type", "json_schema"]);
const SCHEMA_FIELDS = new Set(["name", "description", "schema", "strict"]);
const CHOICE_WORDS = {
  auto: ToolChoiceMode.TOOL_CHOICE_MODE_AUTO,
  none: ToolChoiceMode.TOOL_CHOICE_MODE_NONE,
  required: ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED,
} as const;

/** Maps one tool. Fields of `function` that Sluice does not know travel in an object of that name. */
export function toTool(body: ToolBody, index: number, problems: Problems): Tool {
  if (body.type !== "function") return toForeignTool(body);
  const { function: named } = body;
  if (!named) problems.add(`tools[${index}].function`, 'is required in a tool of type "function"');
  return {
    name: named?.name ?? "",
    description: named?.description ?? "",
    parametersJson: named?.parameters ? JSON.stringify(named.parameters) : "",
    strict: named?.strict ?? undefined,
    cacheControl: toCacheControl(body.cache_control),
    type: body.type,
    extraJson: toolExtras(body),
  };
}

function toolExtras(body: ToolBody): string {
  const outer = extrasOf(body, TOOL_FIELDS);
  if (!body.function || !hasExtras(body.function, FUNCTION_FIELDS)) return outer;
  const inner = extrasOf(body.function, FUNCTION_FIELDS);
  return outer === "" ? `{"function":${inner}}` : `${outer.slice(0, -1)},"function":${inner}}`;
}

function toForeignTool(body: ToolBody): Tool {
  const named = body["custom"];
  const name =
    typeof named === "object" && named !== null && "name" in named && typeof named.name === "string" ? named.name : "";
  return {
    name,
    description: "",
    parametersJson: "",
    strict: undefined,
    cacheControl: undefined,
    type: body.type,
    extraJson: extrasOf(body, TYPE_FIELD),
  };
}

/** Maps the steering of tool use; what the canonical form cannot say is carried as JSON text beside its nearest meaning. */
export function toToolChoice(body: ToolChoiceBody): ToolChoice {
  if (typeof body === "string") return { mode: CHOICE_WORDS[body], names: [], unknownJson: "" };
  const name = nameIn(body["function"]);
  if (body.type === "function" && name !== undefined && Object.keys(body).length === 2) {
    return { mode: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, names: [name], unknownJson: "" };
  }
  const unknownJson = JSON.stringify(body);
  if (body.type !== "allowed_tools")
    return { mode: ToolChoiceMode.TOOL_CHOICE_MODE_UNSPECIFIED, names: [], unknownJson };
  return { ...allowedTools(body["allowed_tools"]), unknownJson };
}

function allowedTools(allowed: unknown): Pick<ToolChoice, "mode" | "names"> {
  if (typeof allowed !== "object" || allowed === null) {
    return { mode: ToolChoiceMode.TOOL_CHOICE_MODE_UNSPECIFIED, names: [] };
  }
  const { mode, tools } = allowed as { readonly mode?: unknown; readonly tools?: unknown };
  const names = Array.isArray(tools) ? tools.map((tool: { function?: unknown } | null) => nameIn(tool?.function)) : [];
  return {
    mode: mode === "required" ? ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED : ToolChoiceMode.TOOL_CHOICE_MODE_AUTO,
    names: names.filter((name) => name !== undefined),
  };
}

function nameIn(named: unknown): string | undefined {
  if (typeof named !== "object" || named === null || !("name" in named)) return undefined;
  return typeof named.name === "string" ? named.name : undefined;
}

/** Maps the answer's form; undefined if it can only travel as it is, among the extra fields. */
export function toResponseFormat(body: ResponseFormatBody, problems: Problems): ResponseFormat | undefined {
  const plain = { schemaJson: "", name: "", description: "", strict: undefined };
  if (hasExtras(body, FORMAT_FIELDS)) return undefined;
  switch (body.type) {
    case "text":
      return { kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_TEXT, ...plain };
    case "json_object":
      return { kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT, ...plain };
    case "json_schema":
      break;
    default:
      return undefined;
  }
  const { json_schema: named } = body;
  if (!named) {
    problems.add("response_format.json_schema", 'is required with type "json_schema"');
    return undefined;
  }
  if (hasExtras(named, SCHEMA_FIELDS)) return undefined;
  return {
    kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA,
    schemaJson: named.schema ? JSON.stringify(named.schema) : "",
    name: named.name,
    description: named.description ?? "",
    strict: named.strict ?? undefined,
  };
}
