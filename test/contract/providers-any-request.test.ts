import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { ChatRequest } from "@sluice/proto/chat/v1/chat";
import fc from "fast-check";
import { chatParser } from "../../services/ingress/src/endpoints/chat-completions/request.ts";
import type { MappedRequest, ModelEntry, Provider } from "../../services/provider-adapter/src/provider.ts";
import { modelOf } from "../../services/provider-adapter/src/providers/models.ts";
import { PROVIDERS } from "../../services/provider-adapter/src/providers/registry.ts";
import { anyBody, type Json, SIGNED_BY, UNKNOWN } from "./any-chat.ts";
import { anthropicRules, geminiRules, mistralRules, openaiRules } from "./wire-rules.ts";
import { rulesByPath } from "./wire-rules-clouds.ts";

const parse = chatParser({ choicesMax: 16, messagesMax: 10_000, toolsMax: 512, partsMax: 10_000 });

const RULES: Readonly<Record<string, (body: Json) => void>> = {
  anthropic: anthropicRules,
  "sim-anthropic": anthropicRules,
  gemini: geminiRules,
  "sim-gemini": geminiRules,
  mistral: mistralRules,
};
/** Fields of the caller's may not reach these: another family, or a provider that refuses what it does not know. */
const CLOSED = new Set(["anthropic", "sim-anthropic", "gemini", "sim-gemini", "mistral", "bedrock", "cohere"]);
const RUNS = 50;

/** Models that are told apart by what they take: the first and last of the list, and those between at even steps. */
function someModels(provider: Provider): readonly ModelEntry[] {
  if (provider.models.length === 0) return [modelOf(provider.name, { id: "own-model" })];
  const step = Math.max(1, Math.floor(provider.models.length / 5));
  return provider.models.filter((_, at) => at % step === 0);
}

/** The request as it comes out of the channel between two services. */
function arrived(body: Json): ChatRequest | undefined {
  try {
    return ChatRequest.decode(ChatRequest.encode(parse(JSON.parse(JSON.stringify(body)))).finish());
  } catch (error) {
    assert.ok(error instanceof SluiceError && error.code === "invalid_request", String(error));
    return undefined;
  }
}

function limitsIn(body: Json): number[] {
  const config = (body["generationConfig"] ?? {}) as Json;
  const names = ["max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens"];
  const found = [...names.map((name) => body[name]), config["maxOutputTokens"], config["max_output_tokens"]];
  return found.filter((value) => value !== undefined).map(Number);
}

/** Only what nothing could be sent for is refused, and the refusal names the field. */
function mapOrRefuse(provider: Provider, entry: ModelEntry, request: ChatRequest): MappedRequest | undefined {
  try {
    return provider.mapChat(request, entry.id, entry);
  } catch (error) {
    assert.ok(error instanceof SluiceError && error.code === "invalid_request", String(error));
    assert.equal(error.details.param, "tool_choice");
    return undefined;
  }
}

function checkMapped(provider: Provider, entry: ModelEntry, request: ChatRequest, size: number): void {
  const mapped = mapOrRefuse(provider, entry, request);
  if (mapped === undefined) return;
  const { body, warnings } = mapped;
  assert.ok(body.length < 4 * size + 4_096, `a body of ${body.length} for one of ${size}`);
  assert.ok(warnings.length <= 64 && warnings.every((sentence) => sentence.length <= 512), "warnings are short");
  const wire = JSON.parse(body) as Json;
  (rulesByPath(mapped.path) ?? RULES[provider.name] ?? openaiRules)(wire);
  if (CLOSED.has(provider.name)) assert.ok(!body.includes(UNKNOWN), "an unknown field passed");
  for (const [, maker] of body.matchAll(new RegExp(`${SIGNED_BY}([a-z-]*)`, "g"))) assert.equal(maker, provider.name);
  const bound = request.maxOutputTokens;
  if (bound !== undefined) for (const limit of limitsIn(wire)) assert.ok(BigInt(limit) <= bound, `${limit} > ${bound}`);
}

for (const [name, make] of Object.entries(PROVIDERS)) {
  test(`${name} takes whatever a caller of OpenAI's dialect can say`, () => {
    const provider = make({ baseUrl: undefined, abandon: undefined });
    const entries = someModels(provider);
    const property = fc.property(anyBody, (body) => {
      const request = arrived(body);
      if (request === undefined) return;
      for (const entry of entries) checkMapped(provider, entry, request, JSON.stringify(body).length);
    });
    fc.assert(property, { numRuns: RUNS });
  });
}
