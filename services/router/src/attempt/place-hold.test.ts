import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { HoldGranted } from "@sluice/proto/ledger/v1/ledger_service";
import { candidate, type FakeOptions, fakeWorld, routedRequest } from "../testing/fakes.ts";
import { placeHold } from "./place-hold.ts";

function placing(chat: Parameters<typeof ChatRequest.fromPartial>[0], options: Partial<FakeOptions> = {}) {
  const { dependencies, holds } = fakeWorld({ generate: () => assert.fail("nobody is called"), ...options });
  const request = { ...routedRequest({ config: options.config }), chat: ChatRequest.fromPartial(chat) };
  const entry = { ...candidate("one"), maxOutputTokens: 1_000n };
  return {
    holds,
    attempt: placeHold(dependencies, request, { id: "att_1", ordinal: 1, candidate: entry, startedAt: 1 }),
  };
}

test("every answer asked for is held, each up to the smallest of the bounds", async () => {
  const { attempt, holds } = placing({ n: 3, maxOutputTokens: 5_000n });
  assert.equal((await attempt).outputTokenBound, 1_000);
  assert.deepEqual([holds[0]?.n, holds[0]?.outputTokenBound], [3, 1_000n]);
});

test("what cannot be bounded is named to the ledger and to the caller, with or without a flat amount", async () => {
  const chat = {
    tools: [{ type: "web_search" }],
    extraJson: '{"previous_response_id":"resp_1","enable_search":false}',
  };
  const bare = placing(chat);
  assert.deepEqual((await bare.attempt).warnings.slice(0, 2), [
    "the cost of tool web_search cannot be bounded: it is not held",
    "the cost of stored conversation cannot be bounded: it is not held",
  ]);
  assert.deepEqual([bare.holds[0]?.unbounded.length, bare.holds[0]?.extraNanousd], [2, 0n]);
  const flat = placing(chat, { config: { routes: [{ models: ["a/*"], unbounded_hold_usd: 0.5 }] } });
  assert.match((await flat.attempt).warnings[0] ?? "", /a flat amount is held for it/);
  assert.equal(flat.holds[0]?.extraNanousd, 500_000_000n);
  const plain = placing({}, { config: { unbounded_hold_usd: 0.5 } });
  await plain.attempt;
  assert.deepEqual([plain.holds[0]?.unbounded, plain.holds[0]?.extraNanousd], [[], 0n]);
});

test("an answer that the budgets can pay only in part is bounded to that part, and the caller is told", async () => {
  const { attempt } = placing(
    {},
    { hold: () => ({ outcome: { $case: "granted", value: HoldGranted.fromPartial({ outputTokenBound: 40n }) } }) },
  );
  const { outputTokenBound, warnings } = await attempt;
  assert.equal(outputTokenBound, 40);
  assert.deepEqual(warnings, ["answer bounded to 40 tokens by the budget"]);
});
