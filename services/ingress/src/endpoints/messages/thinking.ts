import { type ReasoningOptions, type ResponseFormat, ResponseFormatKind } from "@sluice/proto/chat/v1/chat";
import { extrasOf, hasExtras } from "../chat-completions/extras.ts";
import type { Problems } from "../chat-completions/problems.ts";
import type { FormatBody, MessagesBody } from "./schema.ts";

const FORMAT_FIELDS = new Set(["type", "schema"]);

/** What is asked of thinking: the canonical wish, and the fields as they were written for providers of this dialect. */
export function toReasoning({ thinking, output_config: output }: MessagesBody): ReasoningOptions | undefined {
  const effort = output?.effort ?? undefined;
  if (!thinking && effort === undefined) return undefined;
  const written = { ...(thinking && { thinking }), ...(effort !== undefined && { effort }) };
  const off = thinking?.type === "disabled";
  const limit = thinking?.type === "enabled" ? thinking.budget_tokens : undefined;
  return {
    effort: off ? "none" : effort,
    maxTokens: limit === undefined || limit === null ? undefined : BigInt(limit),
    include: off ? undefined : shown(thinking?.display),
    summary: undefined,
    exactJson: JSON.stringify(written),
  };
}

function shown(display: string | null | undefined): boolean | undefined {
  return display === undefined || display === null ? undefined : display !== "omitted";
}

/** The answer's form; undefined if it was not given, or can only travel as it is. */
export function toFormat(body: MessagesBody, problems: Problems): ResponseFormat | undefined {
  const [path, format] = formatOf(body);
  if (format?.type !== "json_schema" || hasExtras(format, FORMAT_FIELDS)) return undefined;
  if (!format.schema) problems.add(`${path}.schema`, 'is required with type "json_schema"');
  return {
    kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA,
    schemaJson: format.schema ? JSON.stringify(format.schema) : "",
    name: "",
    description: "",
    strict: undefined,
    exactJson: undefined,
  };
}

/** The form may stand in an older place. */
function formatOf(body: MessagesBody): readonly [string, FormatBody | null | undefined] {
  const { output_config: output, output_format: older } = body;
  return output?.format ? ["output_config.format", output.format] : ["output_format", older];
}

/** What of `output_config` has no other place, as an object; undefined if there is nothing. */
export function restOfOutput(body: MessagesBody, format: ResponseFormat | undefined): unknown {
  const { output_config: output } = body;
  if (!output) return undefined;
  const rest = extrasOf(output, format === undefined ? new Set(["effort"]) : new Set(["effort", "format"]));
  return rest === "" ? undefined : (JSON.parse(rest) as unknown);
}
