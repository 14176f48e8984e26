import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { ChatRequest } from "@sluice/proto/chat/v1/chat";
import fc from "fast-check";
import { geminiParser } from "../../services/ingress/src/endpoints/gemini/request.ts";
import { messagesParser } from "../../services/ingress/src/endpoints/messages/request.ts";
import type { MappedRequest, ModelEntry, Provider } from "../../services/provider-adapter/src/provider.ts";
import { modelOf } from "../../services/provider-adapter/src/providers/models.ts";
import { PROVIDERS } from "../../services/provider-adapter/src/providers/registry.ts";
import { type Json, SIGNED_BY, UNKNOWN } from "./any-chat.ts";
import { anyGemini, anyMessages } from "./any-dialect.ts";
import { anthropicRules, geminiRules, openaiRules } from "./wire-rules.ts";
import { rulesByPath } from "./wire-rules-clouds.ts";

const limits = { choicesMax: 16, messagesMax: 10_000, toolsMax: 512, partsMax: 10_000 };
const parseMessages = messagesParser(limits);
const parseGemini = geminiParser(limits);
const RUNS = 60;

interface Dialect {
  readonly bodies: fc.Arbitrary<Json>;
  readonly parse: (body: Json) => ChatRequest;
  /** Providers that speak it, to whom everything goes as it is. */
  readonly own: ReadonlySet<string>;
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  "Anthropic's": {
    bodies: anyMessages,
    parse: (body) => parseMessages(body),
    own: new Set(["anthropic", "sim-anthropic"]),
  },
  "Gemini's": {
    bodies: anyGemini,
    parse: (body) => parseGemini(body, { model: "m", stream: false }),
    own: new Set(["gemini", "sim-gemini"]),
  },
};

/** One of each kind of wire, and the strictest of the look-alikes. */
const CHOSEN: Readonly<Record<string, (body: Json) => void>> = {
  anthropic: anthropicRules,
  "sim-anthropic": anthropicRules,
  gemini: geminiRules,
  "sim-gemini": geminiRules,
  openai: openaiRules,
  deepseek: openaiRules,
  openrouter: openaiRules,
  mistral: openaiRules,
  bedrock: openaiRules,
  cohere: openaiRules,
};

/** The request as it comes out of the channel between two services. */
function arrived(parse: Dialect["parse"], body: Json): ChatRequest | undefined {
  try {
    return ChatRequest.decode(ChatRequest.encode(parse(JSON.parse(JSON.stringify(body)) as Json)).finish());
  } catch (error) {
    assert.ok(error instanceof SluiceError && error.code === "invalid_request", String(error));
    return undefined;
  }
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

function limitOf(body: Json): number | undefined {
  const config = (body["generationConfig"] ?? {}) as Json;
  const found = body["max_tokens"] ?? body["max_completion_tokens"] ?? config["maxOutputTokens"];
  return found === undefined ? undefined : Number(found);
}

function check(provider: Provider, entry: ModelEntry, request: ChatRequest, { own }: Dialect): void {
  const mapped = mapOrRefuse(provider, entry, request);
  if (mapped === undefined) return;
  const wire = JSON.parse(mapped.body) as Json;
  const limit = limitOf(wire);
  const bound = request.maxOutputTokens;
  if (bound !== undefined && limit !== undefined) assert.ok(BigInt(limit) <= bound, `${limit} > ${bound}`);
  if (own.has(provider.name)) return;
  (rulesByPath(mapped.path) ?? CHOSEN[provider.name])?.(wire);
  assert.ok(!mapped.body.includes(UNKNOWN), "an unknown field passed");
  assert.ok(!mapped.body.includes(SIGNED_BY), "a signature reached somebody else");
}

for (const [title, dialect] of Object.entries(DIALECTS)) {
  for (const name of Object.keys(CHOSEN)) {
    test(`${name} takes whatever a caller of ${title} dialect can say`, () => {
      const make = PROVIDERS[name];
      assert.ok(make);
      const provider = make({ baseUrl: undefined, abandon: undefined });
      const listed = provider.models.filter((_, at) => at % Math.max(1, Math.floor(provider.models.length / 4)) === 0);
      const entries = listed.length > 0 ? listed : [modelOf(name, { id: "own-model" })];
      const property = fc.property(dialect.bodies, (body) => {
        const request = arrived(dialect.parse, body);
        if (request === undefined) return;
        for (const entry of entries) check(provider, entry, request, dialect);
      });
      fc.assert(property, { numRuns: RUNS });
    });
  }
}
