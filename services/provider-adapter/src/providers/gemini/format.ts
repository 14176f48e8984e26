import { type ResponseFormat, ResponseFormatKind } from "@sluice/proto/chat/v1/chat";
import type { ModelEntry } from "../../provider.ts";
import { parseField, type Warnings } from "../openai/warnings.ts";
import { mapSchema } from "./schema.ts";

const { RESPONSE_FORMAT_KIND_JSON_OBJECT, RESPONSE_FORMAT_KIND_JSON_SCHEMA } = ResponseFormatKind;

/** True if the text must be JSON of any kind. */
export function wantsJson(format: ResponseFormat | undefined): format is ResponseFormat {
  return format?.kind === RESPONSE_FORMAT_KIND_JSON_OBJECT || format?.kind === RESPONSE_FORMAT_KIND_JSON_SCHEMA;
}

/** Before the third generation a request may hold functions or a form for the text, not both. */
export function clashesWithTools(entry: ModelEntry): boolean {
  return /^gemini-[12]\./.test(entry.id);
}

function schemaOf(format: ResponseFormat): unknown {
  if (format.kind !== RESPONSE_FORMAT_KIND_JSON_SCHEMA || format.schemaJson === "") return undefined;
  return parseField(format.schemaJson, "response_format.json_schema.schema");
}

/** The fields of `generationConfig` that ask for JSON. @throws invalid_request when the schema is no JSON */
export function formatFields(format: ResponseFormat, warnings: Warnings): Record<string, unknown> {
  const schema = schemaOf(format);
  const json = { responseMimeType: "application/json" };
  if (schema === undefined) return json;
  const mapped = mapSchema(schema, "the response schema", warnings);
  return { ...json, [mapped.form === "openapi" ? "responseSchema" : "responseJsonSchema"]: mapped.schema };
}

/** The same wish as an instruction, for requests that cannot hold it as a setting. @throws invalid_request when the schema is no JSON */
export function formatInstruction(format: ResponseFormat, warnings: Warnings): string {
  warnings.say("response_format beside tools was emulated by an instruction: this model takes one of the two.");
  const schema = schemaOf(format);
  const rule = "When you answer without calling a function, answer with one JSON value and nothing else.";
  return schema === undefined ? rule : `${rule} It must fit this JSON Schema: ${JSON.stringify(schema)}`;
}
