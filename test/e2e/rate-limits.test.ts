// shapes: embedded distributed
import assert from "node:assert/strict";
import { eventually } from "../harness/index.ts";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";
import { pool } from "./support/pool.ts";

const ROUTERS = 4;

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly headers: Headers;
}

async function ask(
  system: System,
  apiKey: string,
  { index = 0, maxTokens = 5, model = "sim/exact" } = {},
): Promise<Answer> {
  const urls = system.urls();
  const response = await fetch(`${urls[index % urls.length]}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({
      model,
      max_tokens: maxTokens,
      stream: index % 2 === 1,
      messages: [{ role: "user", content: "Hello" }],
    }),
  });
  const text = await response.text();
  const code = response.status === 200 ? "" : (JSON.parse(text) as { error: { code: string } }).error.code;
  return { status: response.status, code, headers: response.headers };
}

/** A key of its own with these limits, known to the gateway when this resolves. */
async function limitedKey(system: System, ...limits: readonly string[]): Promise<string> {
  const { id, secret } = await system.createKey(["--name", "limited"]);
  await system.json(["limits", "set", "key", id, ...limits]);
  return secret;
}

const CASES: readonly Case[] = [
  [
    "requests per minute: of 100 at once through every door exactly the limit is answered, and the rest is told how long to wait",
    async (system) => {
      const key = await limitedKey(system, "--rpm", "20");
      const answers = await pool(100, 100, (index) => ask(system, key, { index }));
      const served = answers.filter(({ status }) => status === 200);
      assert.equal(served.length, 20);
      const refused = answers.filter(({ status }) => status !== 200);
      for (const { status, code, headers } of refused) {
        assert.deepEqual([status, code], [429, "rate_limited"]);
        const wait = Number(headers.get("retry-after-ms"));
        assert.ok(wait > 0 && wait <= 61_000, `retry-after-ms ${wait}`);
        assert.equal(headers.get("x-ratelimit-limit-requests"), "20");
        assert.equal(headers.get("x-ratelimit-remaining-requests"), "0");
      }
      const remaining = served.map(({ headers }) => Number(headers.get("x-ratelimit-remaining-requests")));
      assert.deepEqual(new Set(remaining).size, 20, "each answer saw another number");
    },
  ],
  [
    "tokens per minute: the worst case is taken first, and what was not used is free again",
    async (system) => {
      // Prompt 4 + 5 tokens at most; the answer always uses its bound.
      const key = await limitedKey(system, "--tpm", "1000");
      const first = await ask(system, key, { maxTokens: 500 });
      assert.equal(first.status, 200);
      assert.equal(first.headers.get("x-ratelimit-limit-tokens"), "1000");
      const tooMuch = await ask(system, key, { maxTokens: 600 });
      assert.deepEqual([tooMuch.status, tooMuch.code], [429, "rate_limited"]);
      const never = await ask(system, key, { maxTokens: 2_000 });
      assert.deepEqual([never.status, never.code], [429, "rate_limited"]);
      assert.equal(never.headers.get("x-should-retry"), "false");
      assert.equal(never.headers.get("retry-after-ms"), null);
      assert.equal((await ask(system, key, { maxTokens: 480 })).status, 200);
      const modest = await limitedKey(system, "--tpm", "1000");
      const short = { model: "sim/small", maxTokens: 900 };
      assert.equal((await ask(system, modest, short)).status, 200);
      await eventually(async () => assert.equal((await ask(system, modest, short)).status, 200));
    },
  ],
  [
    "a limit set or removed by command holds everywhere within a second",
    async (system) => {
      const { id, secret } = await system.createKey(["--name", "changing"]);
      await system.json(["limits", "set", "key", id, "--rpm", "1"]);
      await ask(system, secret);
      await eventually(async () => assert.equal((await ask(system, secret, { index: 3 })).status, 429), {
        timeoutMs: 5_000,
      });
      await system.json(["limits", "remove", "key", id]);
      await eventually(async () => assert.equal((await ask(system, secret, { index: 2 })).status, 200), {
        timeoutMs: 5_000,
      });
    },
  ],
  [
    "a refused figure names itself and what is possible",
    async (system) => {
      const { id } = await system.createKey(["--name", "bad"]);
      const result = await system.command(["limits", "set", "key", id, "--rpm", "0"]);
      assert.notEqual(result.code, 0);
      assert.match(result.stderr, /rpm|requests_per_minute/);
    },
  ],
];

proveInEachShape("rate limits", CASES, { routers: ROUTERS });
