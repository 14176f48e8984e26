// shapes: embedded distributed
import assert from "node:assert/strict";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";
import { triedAttempts } from "./support/failover/attempts.ts";
import { followerOf, leave } from "./support/failover/leave.ts";
import { pool } from "./support/pool.ts";

const CHUNKS = 60;
const WIDTH = 6;

/** The simulator's three wires as providers that configuration adds: nobody can ask those what they billed. */
const SILENT = [
  { provider: "silent-openai", wire: "openai", path: "/v1", eventsBefore: 1, tellsPromptEarly: false },
  { provider: "silent-anthropic", wire: "anthropic", path: "/v1", eventsBefore: 2, tellsPromptEarly: true },
  { provider: "silent-gemini", wire: "gemini", path: "/v1beta", eventsBefore: 0, tellsPromptEarly: true },
] as const;

const CUTS = SILENT.flatMap((silent) => Array.from({ length: CHUNKS + 1 }, (_, k) => ({ ...silent, k })));

/** Each cut has a model of its own, which stalls after the piece the client waits for. */
const modelOf = (k: number, eventsBefore: number): string => `small+length=${CHUNKS}+stall=${k + eventsBefore}`;

async function storeKeys(system: System): Promise<void> {
  for (const { provider } of SILENT) {
    const stored = await system.command(["secrets", "set", provider], system.simulator.apiKey);
    assert.equal(stored.code, 0, stored.stderr);
  }
}

const sweep: Case = [
  `a stream of ${CHUNKS} pieces, cut after every one of them, on three wires: counted once, never below what was delivered`,
  async (system) => {
    await storeKeys(system);
    await pool(CUTS.length, WIDTH, async (index) => {
      const { provider, k, eventsBefore } = CUTS[index] ?? assert.fail();
      await leave(system, { provider, model: modelOf(k, eventsBefore), pieces: k });
    });
    const tried = [...(await triedAttempts(system, CUTS.length)).values()].flat();
    for (const { provider, k, eventsBefore, tellsPromptEarly } of CUTS) {
      const name = `${provider} after ${k}`;
      const model = modelOf(k, eventsBefore);
      const [attempt, ...more] = tried.filter(({ provider: by, bill }) => by === provider && bill.model === model);
      // Who leaves when the provider is about to be asked may be gone before it is.
      if (k === 0 && attempt === undefined) continue;
      assert.equal(more.length, 0, `${name}: more than once`);
      assert.ok(attempt !== undefined && attempt.outputTokens >= k, `${name}: less than what was delivered`);
      assert.equal(attempt.postedOutputTokens, attempt.outputTokens, name);
      assert.ok(attempt.outputTokens <= 2 * k + 8, `${name}: ${attempt.outputTokens} tokens were counted`);
      // The last piece may be the last event, and the provider done; who leaves at once may leave before the start came.
      if (k === CHUNKS || k === 0) continue;
      assert.equal(attempt.usageSource, "USAGE_SOURCE_COUNTED", name);
      if (tellsPromptEarly) assert.equal(attempt.inputTokens, attempt.bill.prompt_tokens, name);
    }
    await (await followerOf(system)).stop();
  },
];

proveInEachShape("a stream that is cut, of a provider that cannot be asked", [sweep], {
  providers: (simulatorUrl) =>
    Object.fromEntries(
      SILENT.map(({ provider, wire, path, eventsBefore }) => [
        provider,
        {
          wire,
          base_url: simulatorUrl.replace(/\/v1$/, path),
          abandon: "abort",
          models: Array.from({ length: CHUNKS + 1 }, (_, k) => ({
            id: modelOf(k, eventsBefore),
            price_id: "sim/small",
            max_output_tokens: 1_000,
          })),
        },
      ]),
    ),
  settings: { "router.validation_deadline_ms": 10_000 },
});
