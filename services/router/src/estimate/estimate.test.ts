import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatRequest, Role } from "@sluice/proto/chat/v1/chat";
import { CallContext } from "@sluice/proto/common/v1/call_context";
import { type HoldRequest, PreviewResponse, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import { EstimateRequest } from "@sluice/proto/router/v1/router_service";
import { Level } from "@sluice/proto/validator/v1/validator_service";
import { routeMatcher } from "../plan/match-route.ts";
import type { RoutePlan } from "../plan/plan-request.ts";
import { type FakeOptions, fakeWorld } from "../testing/fakes.ts";
import { estimator } from "./estimate.ts";

const model = (name: string, vocabulary: string) =>
  CatalogModel.fromPartial({
    provider: "a",
    model: name,
    priceId: `a/${name}`,
    maxOutputTokens: 1_000n,
    inputBound: { baseTokens: 3, perMessageTokens: 4, tokenizer: { family: name, vocabulary, exact: true } },
  });

const words = "The quick brown fox jumps over the lazy dog. ".repeat(10);

function estimating(preview: FakeOptions["preview"], over: Parameters<typeof ChatRequest.fromPartial>[0] = {}) {
  const { dependencies, holds } = fakeWorld({
    generate: () => assert.fail("nobody is called"),
    ...(preview !== undefined && { preview }),
    config: { unbounded_hold_usd: 0.25 },
  });
  const entries = [model("counted", "o200k_base"), model("bytes", "bytes")];
  const plan: RoutePlan = {
    strategy: "priority",
    ordered: entries.map((entry) => ({
      candidate: { provider: entry.provider, model: entry.model, weight: 1, entry },
      propensity: 1,
    })),
    excluded: [{ provider: "b", model: "x", reason: "no credential is stored" }],
    notes: new Map(),
    settings: routeMatcher(dependencies.config)("any"),
    level: Level.LEVEL_GUARD,
    attemptsMax: 1,
  };
  const estimate = estimator(dependencies, { plan: async () => plan });
  const chat = ChatRequest.fromPartial({
    model: "any",
    messages: [{ role: Role.ROLE_USER, parts: [{ kind: { $case: "text", value: words } }] }],
    ...over,
  });
  const context = CallContext.fromPartial({ requestId: "req_1", tenantId: "org_1" });
  const call = { signal: new AbortController().signal } as Parameters<typeof estimate>[1];
  return { holds, answer: estimate(EstimateRequest.fromPartial({ chat, context }), call) };
}

test("each candidate is estimated by what it would be held for, in the order in which they would be tried", async () => {
  const asked: HoldRequest[] = [];
  const { answer, holds } = estimating(async ({ hold }) => {
    if (hold !== undefined) asked.push(hold);
    return PreviewResponse.fromPartial({ priced: true, priceVersion: "v1", worstCaseNanousd: 99n });
  });
  const { candidates, excluded, strategy } = await answer;
  assert.equal(strategy, "priority");
  assert.deepEqual(
    candidates.map(({ model: name, input }) => [name, input?.method, input?.bound, input?.expected]),
    [
      ["counted", "exact", 101n + 7n, 101n + 7n],
      ["bytes", "exact", 457n, 457n],
    ],
  );
  assert.deepEqual(
    asked.map(({ inputTokenBound, outputTokenBound, n }) => [inputTokenBound, outputTokenBound, n]),
    [
      [108n, 1_000n, 1],
      [457n, 1_000n, 1],
    ],
  );
  const [first] = candidates;
  assert.deepEqual(first?.output, { expected: 125n, bound: 1_000n, method: "model" });
  assert.deepEqual([first?.worstCaseNanousd, first?.expectedNanousd, first?.priceVersion], [99n, 7n, "v1"]);
  assert.deepEqual(excluded, [{ provider: "b", model: "x", reason: "no credential is stored" }]);
  assert.deepEqual(holds, []);
});

test("without a price there is no amount; what refuses the hold is told; budgets bound the answer", async () => {
  let first = true;
  const { answer } = estimating(async () => {
    if (!first) return PreviewResponse.fromPartial({ priced: true, worstCaseNanousd: 5n, outputTokenBound: 40n });
    first = false;
    return PreviewResponse.fromPartial({
      priced: false,
      refused: { reason: RefusalReason.REFUSAL_REASON_UNPRICED, message: "no price" },
    });
  });
  const { candidates } = await answer;
  const [unpriced, cut] = candidates;
  assert.deepEqual([unpriced?.expectedNanousd, unpriced?.worstCaseNanousd], [undefined, undefined]);
  assert.equal(unpriced?.refused?.message, "no price");
  assert.deepEqual(cut?.output, { expected: 5n, bound: 40n, method: "budget" });
});

test("what cannot be bounded is named, with the flat amount that configuration holds for it", async () => {
  const asked: HoldRequest[] = [];
  const { answer } = estimating(
    async ({ hold }) => {
      if (hold !== undefined) asked.push(hold);
      return PreviewResponse.fromPartial({ priced: true });
    },
    { extraJson: '{"web_search_options":{}}', tools: [{ type: "code_interpreter" }, { type: "function", name: "f" }] },
  );
  const { candidates } = await answer;
  assert.deepEqual(candidates[0]?.unbounded, ["tool code_interpreter", "web search"]);
  assert.equal(candidates[0]?.extraNanousd, 250_000_000n);
  assert.deepEqual(asked[0]?.unbounded, ["tool code_interpreter", "web search"]);
  assert.equal(asked[0]?.extraNanousd, 250_000_000n);
});
