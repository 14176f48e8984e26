// shapes: embedded distributed
import assert from "node:assert/strict";
import { eventually } from "../harness/index.ts";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";

/** From half of the key's budget of this day on, only models up to the price of `sim/small` may be asked. */
const ECONOMY = JSON.stringify([
  { account: "key", window: "day", used_percent: 50, cheaper_than: { output_usd_per_million: 0.4 } },
]);

interface Answer {
  readonly status: number;
  readonly model: string | null;
  readonly message: string;
}

async function ask(system: System, apiKey: string, model: string): Promise<Answer> {
  const response = await fetch(`${system.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model, max_tokens: 20, messages: [{ role: "user", content: "Hello" }] }),
  });
  const body = (await response.json()) as { error?: { message: string; code: string } };
  const message = body.error === undefined ? "" : `${body.error.code}: ${body.error.message}`;
  return { status: response.status, model: response.headers.get("x-sluice-model"), message };
}

const CASES: readonly Case[] = [
  [
    "below its share the dear model serves, beyond it the cheap one, and a request for the dear one alone is refused by name",
    async (system) => {
      const { id, secret } = await system.createKey(["--name", "thrifty"]);
      await system.json(["budgets", "set", "key", id, "--usd", "0.01", "--window", "day"]);
      assert.deepEqual((await ask(system, secret, "mixed")).model, "large");
      // The limit is lowered until what was spent is more than half of it.
      await eventually(async () => {
        const { budgets } = await system.json<{ budgets: { account: string; spent: string; window: string }[] }>([
          "budgets",
        ]);
        const row = budgets.find(({ account, window }) => account === id && window === "day");
        assert.ok(BigInt(row?.spent ?? "0") > 0n);
        const nanousd = (BigInt(row?.spent ?? "0") * 19n) / 10n;
        await system.json(["budgets", "set", "key", id, "--window", "day", "--soft", "--usd", usd(nanousd)]);
      });
      await eventually(async () => assert.equal((await ask(system, secret, "mixed")).model, "small"));
      const refused = await ask(system, secret, "sim/large");
      assert.equal(refused.status, 402);
      assert.match(
        refused.message,
        /^budget_exhausted: .*budget of this day of key ".*" is \d+ % used.*router\.economy/,
      );
    },
  ],
];

function usd(nanousd: bigint): string {
  const digits = nanousd.toString().padStart(10, "0");
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

proveInEachShape("economy", CASES, {
  settings: { "router.economy": ECONOMY, "router.aliases": JSON.stringify({ mixed: ["sim/large", "sim/small"] }) },
});
