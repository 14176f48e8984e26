import type { Schemas } from "../schema/schemas.ts";
import type { Check } from "./check.ts";
import { empty } from "./empty.ts";
import { finishReason } from "./finish-reason.ts";
import { inBandError } from "./in-band-error.ts";
import { jsonSchema } from "./json-schema.ts";
import { jsonSyntax } from "./json-syntax.ts";
import { refusal } from "./refusal.ts";
import { toolCalls } from "./tool-calls.ts";

/** Every check, in order of cost. */
export function allChecks(schemas: Schemas): readonly Check[] {
  return [inBandError, finishReason, empty, refusal, jsonSyntax, toolCalls(schemas), jsonSchema(schemas)];
}
