import { z } from "zod";
import { WIRE_NAMES } from "./providers/wire-names.ts";

const milliseconds = (fallback: number) => z.int().min(1).max(86_400_000).default(fallback);

/** True for an http(s) address without credentials, query and fragment. */
function isBaseUrl(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return false;
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

const baseUrl = z
  .string()
  .max(2_048)
  .refine(isBaseUrl, "must be an http or https address without user, password, query or fragment");

const MODEL_ID = /^[\x21-\x7e]{1,256}$/;

const model = z.union([
  z.string().regex(MODEL_ID),
  z.strictObject({
    id: z.string().regex(MODEL_ID).describe("Model id as the provider spells it."),
    context_tokens: z.int().min(0).default(0).describe("Longest prompt in tokens; 0 if unknown."),
    max_output_tokens: z.int().min(0).default(0).describe("Longest answer in tokens; 0 if unknown."),
    capabilities: z
      .array(z.string().max(64))
      .max(32)
      .default(["tools"])
      .describe('Such as "tools", "vision", "json_schema", "reasoning".'),
    price_id: z.string().max(256).optional().describe("Id in the price catalogue; default `<price_prefix>/<id>`."),
    aliases: z.array(z.string().regex(MODEL_ID)).max(32).default([]).describe("Other names of the same model."),
    billed_by: z
      .enum(["tokens", "searches", "images", "characters", "audio_ms"])
      .optional()
      .describe("What a model beside chat is billed by; default tokens."),
    deployment: z
      .string()
      .regex(MODEL_ID)
      .optional()
      .describe("Name under which you have it at the provider, such as a deployment's; default its id."),
  }),
]);

const timeouts = {
  connect_timeout_ms: z
    .int()
    .min(1)
    .max(86_400_000)
    .optional()
    .describe("Overrides connect_timeout_ms for this provider."),
  first_content_timeout_ms: z
    .int()
    .min(1)
    .max(86_400_000)
    .optional()
    .describe("Overrides first_content_timeout_ms for this provider."),
  idle_timeout_ms: z.int().min(1).max(86_400_000).optional().describe("Overrides idle_timeout_ms for this provider."),
  total_timeout_ms: z.int().min(1).max(86_400_000).optional().describe("Overrides total_timeout_ms for this provider."),
};

/** One label of a host name or one segment of a path: nothing that could lead elsewhere. */
const label = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, "is 1 to 64 of a-z, 0-9 and -, not at an end");

const place = {
  region: label.optional().describe("Region of the provider, e.g. us-east-1, where it has regions."),
  project: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9.:-]{0,98}[a-z0-9])?$/, "is 1 to 100 of a-z, 0-9, dot, colon and -")
    .optional()
    .describe("Project that pays, where the provider has projects."),
  location: label
    .optional()
    .describe("Location of the models, e.g. global or europe-west4, where the provider has locations."),
  resource: label
    .optional()
    .describe("Name of your resource, the first part of its address, where the provider has resources."),
  api_version: z
    .string()
    .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:-preview)?$/, "is a date such as 2024-10-21, perhaps with -preview")
    .optional()
    .describe("Dated version of the API, where the provider has them."),
};

const provider = z.strictObject({
  base_url: baseUrl
    .optional()
    .describe(
      "Address up to and including the version, e.g. https://api.example.com/v1. Required for providers that are not built in.",
    ),
  wire: z
    .enum(WIRE_NAMES)
    .optional()
    .describe(
      "What it speaks: openai (chat completions), the default, anthropic (messages), gemini (generateContent) or responses (OpenAI's Responses). Not for built-in providers.",
    ),
  abandon: z
    .enum(["abort", "drain"])
    .optional()
    .describe(
      "When a caller leaves: abort closes the upstream and counts what was delivered, drain reads it to the end for its exact usage.",
    ),
  drain_timeout_ms: z.int().min(1).max(86_400_000).optional().describe("Overrides drain_timeout_ms for this provider."),
  needs_key: z
    .boolean()
    .optional()
    .describe("False if the provider asks for no key; default true (`sluice secrets set <provider>`)."),
  models: z.array(model).max(1_000).optional().describe("Models, as ids or as objects; replaces the built-in list."),
  price_prefix: z
    .string()
    .max(128)
    .optional()
    .describe("First part of the models' price ids; default the provider's name."),
  max_tokens_field: z
    .enum(["max_tokens", "max_completion_tokens"])
    .optional()
    .describe("Field that bounds output tokens, on the wire openai; default max_tokens."),
  stream_usage: z
    .boolean()
    .optional()
    .describe("False if the provider refuses stream_options.include_usage, on the wire openai; default true."),
  ...place,
  ...timeouts,
});

/** Section `provider_adapter` of sluice.yaml. It holds addresses and limits, never keys. */
export const providerAdapterConfig = z.strictObject({
  connections_per_provider: z
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe("Most connections to one provider address."),
  connect_timeout_ms: milliseconds(10_000).describe("Most time until a connection takes the request, in milliseconds."),
  first_content_timeout_ms: milliseconds(120_000).describe(
    "Most time from sending a streamed request to its first content, in milliseconds.",
  ),
  idle_timeout_ms: milliseconds(60_000).describe("Most time between two pieces of streamed content, in milliseconds."),
  total_timeout_ms: milliseconds(600_000).describe(
    "Most time for a whole attempt, draining included, in milliseconds.",
  ),
  drain_timeout_ms: milliseconds(120_000).describe(
    "Most time an answer whose caller left is read on, in milliseconds; then its connection is closed and what came is counted.",
  ),
  drain_max_bytes: z
    .int()
    .min(1)
    .default(16_777_216)
    .describe("Most bytes of wire data that are read of an answer after its caller left."),
  max_answer_bytes: z.int().min(1_024).default(33_554_432).describe("Largest plain answer in bytes."),
  max_stream_bytes: z.int().min(1_024).default(268_435_456).describe("Largest streamed answer in bytes of wire data."),
  max_line_bytes: z.int().min(1_024).default(8_388_608).describe("Longest line of a streamed answer in characters."),
  meter_retry_ms: milliseconds(10_000).describe(
    "How long the end of an answer waits for its usage to become durable, in milliseconds.",
  ),
  providers: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "a provider name has 1 to 40 of a-z, 0-9 and -"), provider)
    .default({})
    .describe("Providers that speak one of the known wires, by name; a built-in name overrides its settings."),
});

export type ProviderAdapterConfig = z.output<typeof providerAdapterConfig>;
export type ProviderConfig = ProviderAdapterConfig["providers"][string];
