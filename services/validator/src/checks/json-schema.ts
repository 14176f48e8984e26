import { ResponseFormatKind } from "@sluice/proto/chat/v1/chat";
import { Phase } from "@sluice/proto/validator/v1/validator_service";
import { readingOf, speaksText } from "../json/wanted-json.ts";
import type { Schemas } from "../schema/schemas.ts";
import { type Check, fail, type Opinion, PASS, skipped, undecided } from "./check.ts";

/** Holds JSON, after its repair if it needed one, against the schema that the caller asked for. */
export function jsonSchema(schemas: Schemas): Check {
  return {
    name: "json-schema",
    judge: ({ answer, phase, chat }): Opinion => {
      const format = chat?.responseFormat;
      if (format?.kind !== ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA || !speaksText(answer)) return PASS;
      if (phase !== Phase.PHASE_FINAL) return undecided("the JSON is not complete yet");
      if (format.schemaJson === "") return skipped("the request names no schema");
      const reading = readingOf(answer);
      if (reading.kind === "broken") return skipped("there is no JSON to hold against the schema");
      const fit = schemas.check(format.schemaJson, reading.value, answer.text.length);
      if (fit.outcome === "fits") return PASS;
      return fit.outcome === "unfit" ? fail(fit.detail) : skipped(fit.detail);
    },
  };
}
