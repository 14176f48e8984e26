import {
  type ReasoningOptions,
  type ResponseFormat,
  ResponseFormatKind,
  type Sampling,
} from "@sluice/proto/chat/v1/chat";
import { toJsonSchema } from "./json-schema.ts";
import type { GenerationBody } from "./schema.ts";

const JSON_TYPE = "application/json";

/** Knobs of token selection; undefined if none was given. */
export function toSampling(config: GenerationBody): Sampling | undefined {
  const sampling: Sampling = {
    temperature: config.temperature ?? undefined,
    topP: config.topP ?? undefined,
    topK: typeof config.topK === "number" ? Math.trunc(config.topK) : undefined,
    frequencyPenalty: config.frequencyPenalty ?? undefined,
    presencePenalty: config.presencePenalty ?? undefined,
    seed: typeof config.seed === "number" ? BigInt(config.seed) : undefined,
    logitBias: {},
    minP: undefined,
    repetitionPenalty: undefined,
  };
  const given = Object.entries(sampling).some(([name, value]) => name !== "logitBias" && value !== undefined);
  return given ? sampling : undefined;
}

/** What is asked of thinking: the canonical wish, and the field as it was written for providers of this dialect. */
export function toReasoning({ thinkingConfig: config }: GenerationBody): ReasoningOptions | undefined {
  if (!config) return undefined;
  const { thinkingBudget: budget, thinkingLevel: level } = config;
  const bounded = typeof budget === "number" && budget >= 0;
  const named = typeof level === "string" && !/unspecified/i.test(level);
  return {
    effort: named ? level.toLowerCase() : undefined,
    maxTokens: bounded ? BigInt(budget) : undefined,
    include: config.includeThoughts ?? undefined,
    summary: undefined,
    exactJson: JSON.stringify({ thinkingConfig: config }),
  };
}

/** The answer's form; undefined if it was not given, or can only travel as it is. */
export function toFormat(config: GenerationBody): ResponseFormat | undefined {
  const { responseMimeType: type, responseSchema, responseJsonSchema } = config;
  const schema = responseJsonSchema ?? (responseSchema ? toJsonSchema(responseSchema) : undefined);
  const isJson = type === JSON_TYPE;
  if (!isJson && (schema === undefined || (type ?? "") !== "")) return undefined;
  const kind =
    schema === undefined || schema === null
      ? ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT
      : ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA;
  return {
    kind,
    schemaJson: schema === undefined || schema === null ? "" : JSON.stringify(schema),
    name: "",
    description: "",
    strict: undefined,
    exactJson: JSON.stringify({
      ...(isJson && { responseMimeType: type }),
      ...(responseSchema && { responseSchema }),
      ...(responseJsonSchema !== undefined && responseJsonSchema !== null && { responseJsonSchema }),
    }),
  };
}
