import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, startIdentityForTest } from "../../testing/index.ts";

const ID = `rec_${"a".repeat(40)}`;
const entry = {
  id: ID,
  provider: "acme",
  model: "large",
  at_ms: 1_795_392_000_000,
  amount_nanousd: "-9007199254740993",
  usage: { input_tokens: "-5", cached_input_tokens: "7", output_tokens: "3", output_audio_tokens: "2" },
  reason: "invoice",
};

test("compensating entries reach the ledger exactly, for the organisation that was named, and are audited", async (t) => {
  const identity = await startIdentityForTest();
  t.after(() => identity.close());
  const made = await ask(identity.directory, { method: "POST", path: "/orgs", body: { name: "acme" } });
  assert.equal(made.status, 200);
  const body = { org: "acme", adjustments: [entry] };
  const answer = await ask(identity.directory, { method: "POST", path: "/adjustments", body });
  assert.deepEqual([answer.status, answer.json], [200, { posted: [ID] }]);
  const [sent] = identity.ledger.adjustments;
  assert.deepEqual(
    [sent?.amountNanousd, sent?.inputTokens, sent?.outputTokens, sent?.usage?.cachedInputTokens, sent?.atMs],
    [-9_007_199_254_740_993n, 2n, 5n, 7n, 1_795_392_000_000n],
  );
  assert.match(sent?.tenantId ?? "", /^org_/);
  const audits = (await identity.events("SLUICE_AUDIT")).map(({ json }) => JSON.parse(json) as Record<string, string>);
  assert.ok(audits.some(({ action, target }) => action === "adjustment.post" && target === "1 entries"));
});

test("entries that cannot be right are refused before the ledger hears of them", async (t) => {
  const identity = await startIdentityForTest();
  t.after(() => identity.close());
  const wrong: readonly object[] = [
    { ...entry, id: "mine" },
    { ...entry, amount_nanousd: 5 },
    { ...entry, amount_nanousd: "1".repeat(19) },
    { ...entry, usage: { tokens: "1" } },
    { ...entry, model: "" },
  ];
  for (const each of wrong) {
    const body = { adjustments: [each] };
    assert.equal((await ask(identity.directory, { method: "POST", path: "/adjustments", body })).status, 400);
  }
  assert.equal(
    (await ask(identity.directory, { path: "/usage-report?provider=acme" })).status,
    400,
    "a period is needed",
  );
  assert.deepEqual(identity.ledger.adjustments, []);
});

test("consumption and prices are read through the door", async (t) => {
  const identity = await startIdentityForTest();
  t.after(() => identity.close());
  const report = await ask(identity.directory, { path: "/usage-report?provider=acme&from_ms=0&to_ms=86400000" });
  assert.deepEqual([report.status, report.json], [200, { rows: [] }]);
  const quotes = [{ price_id: "acme/large", at_ms: 0, usage: { input_tokens: "10000" } }];
  const quoted = await ask(identity.directory, { method: "POST", path: "/quotes", body: { quotes } });
  assert.deepEqual(quoted.json, { quotes: [{ priced: true, cost_nanousd: "1000", price_version: "" }] });
});
