import { type ResponseFormat, ResponseFormatKind } from "@sluice/proto/chat/v1/chat";
import { parseField, type Warnings } from "../openai/warnings.ts";
import { isObject } from "../openai/wire.ts";
import { narrowSchema } from "./schema.ts";
import { fitsSubset } from "./schema-fit.ts";
import type { Traits } from "./traits.ts";

/** The tool whose input stands for a JSON answer where the model cannot be held to a schema otherwise; readers know it. */
export const JSON_TOOL = "sluice_json_answer";

/** How an answer's form is asked for. */
export interface MappedFormat {
  /** `output_config.format`. */
  readonly output?: Readonly<Record<string, unknown>>;
  /** The stand-in tool, which must then be called. */
  readonly tool?: Readonly<Record<string, unknown>>;
  /** Words for the end of the system prompt. */
  readonly instruction?: string;
}

const FIELD = "response_format.json_schema.schema";
const ONLY_JSON = "Answer with one JSON object and nothing else: no words around it, no code fence.";

function standIn(format: ResponseFormat, schema: Readonly<Record<string, unknown>>): MappedFormat {
  const description = format.description || "Gives the answer. Call it exactly once, with the whole answer.";
  return { tool: { name: JSON_TOOL, description, input_schema: { type: "object", ...schema } } };
}

/** What mapping the answer's form needs besides it. */
export interface FormatContext {
  readonly traits: Traits;
  readonly warnings: Warnings;
  /** True if the schema was written for this very dialect and goes as it is. */
  readonly passUnknown: boolean;
}

function schemaFormat(format: ResponseFormat, { traits, warnings, passUnknown }: FormatContext): MappedFormat {
  const schema = parseField(format.schemaJson, FIELD);
  if (traits.jsonSchema && passUnknown) return { output: { type: "json_schema", schema } };
  if (traits.jsonSchema && fitsSubset(schema)) return { output: { type: "json_schema", schema: narrowSchema(schema) } };
  const isObjectSchema = isObject(schema) && (schema["type"] === "object" || isObject(schema["properties"]));
  if (isObjectSchema && traits.forcedTools) {
    const why = traits.jsonSchema ? "with this schema" : "for this model";
    warnings.say(`response_format json_schema is emulated ${why} by a forced tool call.`);
    return standIn(format, schema);
  }
  warnings.say("response_format json_schema is emulated by an instruction.");
  return {
    instruction: `Answer with JSON that fits this JSON Schema and nothing else, without a code fence:\n${format.schemaJson}`,
  };
}

/** The answer's form in this wire. @throws invalid_request when the schema is not valid JSON */
export function mapFormat(format: ResponseFormat | undefined, context: FormatContext): MappedFormat {
  const { warnings } = context;
  switch (format?.kind) {
    case ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA:
      if (format.schemaJson !== "") return schemaFormat(format, context);
      warnings.say("response_format json_schema without a schema is emulated by an instruction.");
      return { instruction: ONLY_JSON };
    case ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT:
      warnings.say("response_format json_object is emulated by an instruction.");
      return { instruction: ONLY_JSON };
    default:
      return {};
  }
}
