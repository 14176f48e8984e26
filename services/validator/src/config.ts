import { z } from "zod";

const positive = z.number().int().positive();

/** The `validator` section of sluice.yaml. */
export const validatorConfig = z.strictObject({
  default_deadline_ms: positive
    .default(250)
    .describe("Time all checks of one answer may take when the caller does not say; later checks count as skipped."),
  schema_chars_max: positive
    .default(262_144)
    .describe("Longest JSON Schema of a request, in characters; answers to a longer one are not held against it."),
  schema_compile_ms_max: positive
    .default(100)
    .describe("Time a JSON Schema may take to be compiled; one that takes longer is not used."),
  schema_validate_ms_max: positive
    .default(25)
    .describe("Time an answer may take to be held against a JSON Schema; after that the check counts as skipped."),
  schemas_kept_max: positive.default(256).describe("JSON Schemas kept compiled; the least recently used go first."),
  schema_formats: z
    .enum(["assert", "ignore"])
    .default("assert")
    .describe("Whether a string that breaks the `format` of its JSON Schema is a fault or only a remark."),
});

export type ValidatorConfig = z.output<typeof validatorConfig>;
