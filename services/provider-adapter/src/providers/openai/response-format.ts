import { Message, Part, type ResponseFormat, ResponseFormatKind, Role } from "@sluice/proto/chat/v1/chat";
import type { ModelEntry } from "../../provider.ts";
import type { WireOptions } from "./options.ts";
import { parseField, type Warnings } from "./warnings.ts";

/** The form wanted of an answer as this provider can be told it. */
export interface MappedFormat {
  /** `response_format`; undefined leaves the field out. */
  readonly format: unknown;
  /** A message that asks for what the field cannot say. */
  readonly instruction: Message | undefined;
}

const JSON_OBJECT = { type: "json_object" };

function schemaFormat(format: ResponseFormat): unknown {
  return {
    type: "json_schema",
    json_schema: {
      name: format.name || "response",
      ...(format.description !== "" && { description: format.description }),
      ...(format.schemaJson !== "" && { schema: parseField(format.schemaJson, "response_format.json_schema.schema") }),
      ...(format.strict !== undefined && { strict: format.strict }),
    },
  };
}

function instructionOf(format: ResponseFormat): Message {
  const sentence = "Answer with one JSON object and nothing else.";
  const text = format.schemaJson === "" ? sentence : `${sentence} JSON Schema: ${format.schemaJson}`;
  const parts = [Part.create({ kind: { $case: "text", value: text } })];
  return Message.create({ role: Role.ROLE_SYSTEM, parts, plainText: true });
}

function emulated(format: ResponseFormat, options: WireOptions, warnings: Warnings): MappedFormat {
  parseField(format.schemaJson || "{}", "response_format.json_schema.schema");
  warnings.say(`${options.name} does not enforce a JSON Schema for this model; the schema was put into the prompt.`);
  return { format: options.jsonObject ? JSON_OBJECT : undefined, instruction: instructionOf(format) };
}

/**
 * `response_format` in OpenAI's form, or the nearest this model takes.
 * @throws invalid_request when the schema is not JSON
 */
export function mapResponseFormat(
  format: ResponseFormat,
  model: ModelEntry,
  options: WireOptions,
  warnings: Warnings,
): MappedFormat {
  switch (format.kind) {
    case ResponseFormatKind.RESPONSE_FORMAT_KIND_TEXT:
      return { format: { type: "text" }, instruction: undefined };
    case ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT:
      if (options.jsonObject) return { format: JSON_OBJECT, instruction: undefined };
      warnings.dropped("response_format json_object");
      return { format: undefined, instruction: undefined };
    case ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA:
      if (!options.jsonSchema(model)) return emulated(format, options, warnings);
      return { format: schemaFormat(format), instruction: undefined };
    default:
      return { format: undefined, instruction: undefined };
  }
}
