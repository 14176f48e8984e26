import { SluiceError } from "@sluice/platform/errors";
import type { Client } from "@sluice/platform/rpc";
import {
  DeleteCredentialResponse,
  ListCatalogResponse,
  ListCredentialsResponse,
  type ProviderServiceDefinition,
  PutCredentialResponse,
} from "@sluice/proto/provider/v1/provider_service";
import { CountsResponse, type QualityServiceDefinition } from "@sluice/proto/quality/v1/quality_service";
import {
  EstimateResponse,
  ExplainResponse,
  ListModelsResponse,
  type RouterServiceDefinition,
} from "@sluice/proto/router/v1/router_service";

/** Providers with a credential store in memory. */
export class FakeProviders {
  readonly secrets = new Map<string, string>();

  client(): Client<typeof ProviderServiceDefinition> {
    return {
      abandonAttempt: async () => ({ began: true }),
      // A test of identity that generates anything is wrong.
      generate: () => {
        throw new SluiceError("internal", "Nothing is generated here.");
      },
      listCatalog: async () => ListCatalogResponse.create({ models: [CATALOG_MODEL], providers: ["acme", "sim"] }),
      putCredential: async ({ provider, secret }) => {
        if (provider !== "acme") throw new SluiceError("not_found", `There is no provider "${provider}".`);
        this.secrets.set(provider, secret);
        return PutCredentialResponse.create({ hint: secret.slice(-4) });
      },
      deleteCredential: async ({ provider }) =>
        DeleteCredentialResponse.create({ deleted: this.secrets.delete(provider) }),
      listCredentials: async () =>
        ListCredentialsResponse.create({
          credentials: [
            {
              provider: "acme",
              present: this.secrets.has("acme"),
              hint: this.secrets.get("acme")?.slice(-4) ?? "",
              storedAtMs: this.secrets.has("acme") ? BigInt(Date.now()) : 0n,
              needed: true,
            },
            { provider: "sim", needed: false },
          ],
        }),
    };
  }
}

/** A router that knows two names and one story. */
export function fakeRouter(): Client<typeof RouterServiceDefinition> {
  return {
    route: () => {
      throw new SluiceError("internal", "Nothing is routed here.");
    },
    listModels: async () =>
      ListModelsResponse.create({
        models: [
          { name: "sim/small", provider: "sim", simulated: true, available: true, contextTokens: 128_000n },
          { name: "acme/large", provider: "acme", contextTokens: 1_000_000n, maxOutputTokens: 32_000n },
        ],
      }),
    estimate: async () => EstimateResponse.create(),
    explain: async ({ requestId }) => {
      if (requestId === STORY.requestId) return ExplainResponse.fromPartial(STORY);
      throw new SluiceError("not_found", `No fact tells of ${requestId}.`);
    },
  };
}

/** A monitor that has seen nothing. */
export function fakeQuality(): Client<typeof QualityServiceDefinition> {
  return { counts: async () => CountsResponse.create({ minutes: [] }) };
}

const CATALOG_MODEL = { provider: "sim", model: "small", priceId: "sim/small", available: true, simulated: true };

/** A request whose first attempt was refused by its provider, whose second one was charged by estimate and then corrected. */
export const STORY = {
  requestId: "req_0000000000000000000000abc",
  tenantId: "org_a",
  state: "settled",
  arrivedAtMs: 1_795_374_000_000n,
  decision: {
    requestId: "req_0000000000000000000000abc",
    keyId: "key_a",
    requestedModel: "fast",
    strategy: "priority",
    route: "fa*",
    stream: true,
    validationLevel: "guard",
    attemptsMax: 3,
    inputTokenBound: 40n,
    decidedAtMs: 1_795_374_000_001n,
    candidates: [
      { provider: "sim", model: "small", propensity: 1 },
      { provider: "acme", model: "large", propensity: 0 },
      { provider: "acme", model: "blind", excludedReason: "it takes no images" },
    ],
  },
  attempts: [
    {
      attemptId: "att_1",
      ordinal: 1,
      provider: "sim",
      model: "small",
      hold: {
        heldNanousd: 4_136_000n,
        priceVersion: "sim/small@1",
        accounts: ["org:org_a", "key:key_a"],
        placedAtMs: 1_795_374_000_002n,
        state: "void",
        endedAtMs: 1_795_374_000_012n,
        reason: "Nothing was sent.",
      },
      startedAtMs: 1_795_374_000_004n,
      ending: "error",
      endedAtMs: 1_795_374_000_010n,
      outcome: "failed",
      error: { code: "upstream_overloaded", message: "sim failed.", providerCode: "busy", upstreamStatus: 503 },
      durationMs: 9n,
      next: "next_candidate",
      nextReason: "another candidate may serve",
      backoffMs: 25n,
    },
    {
      attemptId: "att_2",
      ordinal: 2,
      provider: "acme",
      model: "large",
      hold: {
        heldNanousd: 5_000_000n,
        priceVersion: "acme/large@2",
        accounts: ["org:org_a"],
        placedAtMs: 1_795_374_000_040n,
        state: "expired",
        endedAtMs: 1_795_374_060_040n,
        reason: "Nobody metered the attempt before its hold expired.",
      },
      startedAtMs: 1_795_374_000_042n,
      ending: "completed",
      endedAtMs: 1_795_374_000_900n,
      usage: { inputTokens: 9n, cachedInputTokens: 3n, outputTokens: 9_007_199_254_740_993n, reasoningTokens: 4n },
      usageSource: "provider",
      outcome: "delivered",
      committed: true,
      verdict: "pass",
      firstContentMs: 120n,
      durationMs: 860n,
      finishReason: "stop",
      next: "done",
      verdicts: [
        {
          phase: "final",
          decision: "pass",
          micros: 41n,
          reasons: [{ check: "empty", decision: "pass", score: 0, detail: "it has\u001b[31m text" }],
        },
      ],
      postings: [
        { kind: "estimated", amountNanousd: 5_000_000n, priceVersion: "acme/large@2", postedAtMs: 1_795_374_060_040n },
        { kind: "correction", amountNanousd: -3_999_999n, priceVersion: "acme/large@2", overrun: true },
      ],
      costNanousd: 1_000_001n,
    },
  ],
  billNanousd: 1_000_001n,
  heldNanousd: 0n,
  notes: ["This story is made up."],
};
