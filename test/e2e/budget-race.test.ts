// shapes: embedded distributed
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../harness/index.ts";
import { type Shape, type System, shapes, startSystem } from "../harness/system.ts";
import { budgetRow, readBooks } from "./support/books.ts";
import { chat } from "./support/chat.ts";
import { pool } from "./support/pool.ts";

/** `sim/exact` charges 1,000 nano-USD a token and always uses its whole bound: prompt 4 + 5 bytes, answer 11 tokens. */
const COST_NANOUSD = (4n + 5n + 11n) * 1000n;
const ROOM = 20;
const REQUESTS = 200;

const cases = shapes().flatMap((shape: Shape) =>
  (shape === "embedded" ? [1] : [1, 10]).map((routers) => ({ shape, routers })),
);

for (const { shape, routers } of cases) {
  test(`${REQUESTS} parallel requests against room for exactly ${ROOM} (${shape}, routers: ${routers})`, async () => {
    const system = await startSystem({ shape, routers, tokensPerSecond: 50, pace: 1 });
    try {
      await race(system);
    } finally {
      await system.stop();
    }
  });
}

async function race(system: System): Promise<void> {
  const limit = COST_NANOUSD * BigInt(ROOM);
  const usd = `0.${limit.toString().padStart(9, "0")}`;
  const key = await system.createKey(["--name", "race", "--budget-usd", usd]);
  const urls = system.urls();
  const outcomes = await pool(REQUESTS, REQUESTS, (index) =>
    chat({
      url: urls[index % urls.length] ?? system.url,
      apiKey: key.secret,
      model: "sim/exact",
      maxTokens: 11,
      stream: index % 2 === 0,
    }),
  );
  const served = outcomes.filter((outcome) => outcome.ok);
  const refused = outcomes.filter((outcome) => !outcome.ok);
  const allowed = new Set(["402 budget_exhausted", "429 budget_held"]);
  const others = refused.filter(({ status, code }) => !allowed.has(`${status} ${code}`));
  assert.deepEqual(others, [], "every refusal says that the budget has no room");
  assert.equal(served.length, ROOM);
  assert.equal(refused.length, REQUESTS - ROOM);

  const row = await eventually(async () => {
    const now = await budgetRow(system, "key", key.id);
    assert.equal(now.open_holds, 0);
    assert.equal(now.posted, limit.toString());
    return now;
  });
  assert.equal(row.spent, limit.toString(), "spent is exactly the limit");
  assert.equal(row.held, "0");
  const books = [...(await readBooks(system)).values()];
  assert.equal(books.length, ROOM);
  assert.equal(
    books.reduce((sum, { netNanousd }) => sum + netNanousd, 0n),
    limit,
  );
  const after = await chat({ url: system.url, apiKey: key.secret, model: "sim/exact", maxTokens: 11, stream: false });
  assert.deepEqual(after, { ok: false, status: 402, code: "budget_exhausted" });
}
