import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { parse } from "yaml";

const FILE = join(import.meta.dirname, "../../../shared/fixtures/openapi/openai.yaml.gz");

/** OpenAI's own specification of its API, where it lies beside the repository. */
export interface OpenAiSpec {
  /** Fails with the places at fault if a value is not what the named schema says. */
  check(schema: string, value: unknown): void;
}

/** Reads the specification; undefined where it is not there. */
export function readOpenAiSpec(): OpenAiSpec | undefined {
  if (!existsSync(FILE)) return undefined;
  const { components } = parse(gunzipSync(readFileSync(FILE)).toString(), { maxAliasCount: -1 }) as {
    readonly components: object;
  };
  // The words of OpenAPI itself are no rules of JSON Schema; formats are notes here.
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: "openai", components: withoutNullable(components) as object });
  const known = new Map<string, ValidateFunction>();
  return {
    check(schema, value) {
      const validate = known.get(schema) ?? ajv.getSchema(`openai#/components/schemas/${schema}`);
      assert.ok(validate, `The specification has no schema ${schema}.`);
      known.set(schema, validate);
      if (validate(value) === true) return;
      const faults = (validate.errors ?? [])
        .slice(0, 12)
        .map(({ instancePath, message }) => `${instancePath} ${message}`);
      assert.fail(`Not a ${schema}:\n${faults.join("\n")}\n${JSON.stringify(value, null, 1).slice(0, 2_000)}`);
    },
  };
}

/** The older word for "or null", which the specification still has in places, in JSON Schema's own. */
function withoutNullable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutNullable);
  if (typeof schema !== "object" || schema === null) return schema;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, withoutNullable(value)]),
  ) as Record<string, unknown>;
  return nullable === true ? { anyOf: [rest, { type: "null" }] } : rest;
}

const EVENTS: Readonly<Record<string, string>> = {
  "response.created": "ResponseCreatedEvent",
  "response.in_progress": "ResponseInProgressEvent",
  "response.completed": "ResponseCompletedEvent",
  "response.incomplete": "ResponseIncompleteEvent",
  "response.failed": "ResponseFailedEvent",
  "response.output_item.added": "ResponseOutputItemAddedEvent",
  "response.output_item.done": "ResponseOutputItemDoneEvent",
  "response.content_part.added": "ResponseContentPartAddedEvent",
  "response.content_part.done": "ResponseContentPartDoneEvent",
  "response.output_text.delta": "ResponseTextDeltaEvent",
  "response.output_text.done": "ResponseTextDoneEvent",
  "response.output_text.annotation.added": "ResponseOutputTextAnnotationAddedEvent",
  "response.refusal.delta": "ResponseRefusalDeltaEvent",
  "response.refusal.done": "ResponseRefusalDoneEvent",
  "response.function_call_arguments.delta": "ResponseFunctionCallArgumentsDeltaEvent",
  "response.function_call_arguments.done": "ResponseFunctionCallArgumentsDoneEvent",
  "response.custom_tool_call_input.delta": "ResponseCustomToolCallInputDeltaEvent",
  "response.custom_tool_call_input.done": "ResponseCustomToolCallInputDoneEvent",
  "response.reasoning_summary_part.added": "ResponseReasoningSummaryPartAddedEvent",
  "response.reasoning_summary_part.done": "ResponseReasoningSummaryPartDoneEvent",
  "response.reasoning_summary_text.delta": "ResponseReasoningSummaryTextDeltaEvent",
  "response.reasoning_summary_text.done": "ResponseReasoningSummaryTextDoneEvent",
  error: "ResponseErrorEvent",
};

/** The schema of one kind of event of a streamed response. */
export function eventSchema(type: string): string {
  const name = EVENTS[type];
  assert.ok(name, `An event of the unknown type ${type} was sent.`);
  return name;
}
