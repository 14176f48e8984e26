// shapes: embedded distributed
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually, temporaryDirectory } from "../harness/index.ts";
import type { System } from "../harness/system.ts";
import { budgetRow } from "./support/books.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";
import { readFacts } from "./support/facts.ts";
import { clientOf, QUESTION } from "./support/failover/ask.ts";
import { costOf } from "./support/failover/attempts.ts";

const PROVIDER = "acme";
/** An answer as it should be, one without usage, one that stalls after half of it. */
const WHOLE = "small+length=40";
const SILENT = "small+no-usage+length=40";
const CUT = "small+length=60+stall=31";
const TIMES = 3;

interface Compared {
  readonly agree: number;
  readonly differ: number;
  readonly difference_nanousd: string;
  readonly posted?: readonly string[];
}

async function ask(system: System, model: string): Promise<void> {
  const asking = clientOf(system).chat.completions.create({
    model: `${PROVIDER}/${model}`,
    messages: QUESTION,
    stream: model === CUT,
  });
  const answer = await asking;
  if (!("controller" in answer)) return;
  let seen = 0;
  for await (const { choices } of answer) {
    if ((choices[0]?.delta.content ?? "") !== "") seen += 1;
    if (seen === 30) break;
  }
}

/** The provider's bill so far, as a table that anybody could make of one. Each answer belongs to the day it was asked for, also at midnight. */
async function bill(system: System, count: number): Promise<{ file: string; nanousd: bigint }> {
  const [bills, facts] = [await system.simulator.bills(), await readFacts(system, ["attempt.started"])];
  assert.equal(bills.length, count);
  const starts = new Map(facts.map(({ payload }) => [payload["attemptId"], Number(payload["startedAtMs"])]));
  const rows = bills.map(({ client_request_id: id, model, prompt_tokens: input, completion_tokens: output }) => {
    const start = starts.get(id) ?? Number.NaN;
    return [new Date(start).toISOString(), model, input, output].join(",");
  });
  const file = join(temporaryDirectory("bill"), "bill.csv");
  await writeFile(file, ["date,model,input_tokens,output_tokens", ...rows].join("\n"));
  return { file, nanousd: bills.reduce((sum, each) => sum + costOf(each), 0n) };
}

async function reconcile(system: System, file: string, ...flags: readonly string[]): Promise<Compared> {
  return await system.json<Compared>(["reconcile", "--provider", PROVIDER, ...flags, file]);
}

async function spent(system: System): Promise<bigint> {
  const org = await budgetRow(system, "org");
  assert.equal(org.open_holds, 0);
  assert.equal(org.spent, org.posted, "what is enforced is what is booked");
  return BigInt(org.spent);
}

const toTheNanodollar: Case = [
  "what was counted is brought to the provider's bill to the nano-dollar, once, on every account's balance",
  async (system) => {
    const stored = await system.command(["secrets", "set", PROVIDER], system.simulator.apiKey);
    assert.equal(stored.code, 0, stored.stderr);
    for (const model of [WHOLE, SILENT, CUT]) for (let time = 0; time < TIMES; time++) await ask(system, model);
    const { file, nanousd } = await eventually(
      async () => {
        const made = await bill(system, 3 * TIMES);
        await spent(system);
        return made;
      },
      { timeoutMs: 30_000, message: "every answer being billed and settled" },
    );
    const before = await spent(system);
    assert.notEqual(before, nanousd, "counts are no bills");
    const told = await reconcile(system, file);
    assert.ok(told.agree > 0 && told.differ > 0);
    assert.equal(told.posted, undefined);
    assert.equal(before + BigInt(told.difference_nanousd), nanousd);
    assert.equal(await spent(system), before, "nothing is posted unasked");

    const posted = await reconcile(system, file, "--post");
    assert.equal(posted.posted?.length, told.differ);
    await eventually(async () => assert.equal(await spent(system), nanousd), { message: "the entries' effect" });
    const again = await reconcile(system, file, "--post");
    assert.deepEqual([again.differ, again.posted], [0, []]);
    assert.equal(await spent(system), nanousd);
  },
];

const later: Case = [
  "a later bill of the same days posts only what is new in it",
  async (system) => {
    const before = await spent(system);
    await ask(system, SILENT);
    const { file, nanousd } = await eventually(
      async () => {
        const made = await bill(system, 3 * TIMES + 1);
        assert.ok((await spent(system)) > before);
        return made;
      },
      { timeoutMs: 30_000, message: "the answer being settled" },
    );
    const posted = await reconcile(system, file, "--post");
    assert.deepEqual([posted.differ, posted.posted?.length], [1, 1]);
    await eventually(async () => assert.equal(await spent(system), nanousd), { message: "the entry's effect" });
  },
];

proveInEachShape("a provider's own bill", [toTheNanodollar, later], {
  providers: (base_url) => ({
    [PROVIDER]: {
      base_url,
      abandon: "abort",
      models: [WHOLE, SILENT, CUT].map((id) => ({ id, price_id: "sim/small", max_output_tokens: 1_000 })),
    },
  }),
  settings: { "router.validation_deadline_ms": 10_000 },
});
