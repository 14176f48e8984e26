import { isBody } from "../values.ts";
import { fields } from "./fields.ts";

/** A schema of the API's own subset as JSON Schema: its types are written in capitals. */
export function jsonSchema(schema: unknown): unknown {
  if (!isBody(schema)) return schema;
  const inner = fields(schema);
  const { type, items, properties, anyOf } = inner;
  return {
    ...inner,
    ...(typeof type === "string" ? { type: type.toLowerCase() } : {}),
    ...(items === undefined ? {} : { items: jsonSchema(items) }),
    ...(Array.isArray(anyOf) ? { anyOf: anyOf.map(jsonSchema) } : {}),
    ...(isBody(properties)
      ? { properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, jsonSchema(one)])) }
      : {}),
  };
}
