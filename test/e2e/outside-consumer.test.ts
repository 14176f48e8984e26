// shapes: embedded distributed
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { eventually, startNode } from "../harness/index.ts";
import { type System, shapes, startSystem } from "../harness/system.ts";
import { budgetRow } from "./support/books.ts";
import { chat } from "./support/chat.ts";
import { pool } from "./support/pool.ts";

const REQUESTS = 30;
const PROGRAM = fileURLToPath(new URL("../../deploy/examples/bill-consumer/bill.ts", import.meta.url));

interface Bill {
  readonly accounts: Readonly<Record<string, string>>;
  readonly models: Readonly<Record<string, string>>;
}

for (const shape of shapes()) {
  test(`a consumer of the ledger's stream alone comes to the same bill as the ledger, to the nano-dollar (${shape})`, async () => {
    const system = await startSystem({ shape });
    try {
      await sameTotals(system);
    } finally {
      await system.stop();
    }
  });
}

async function sameTotals(system: System): Promise<void> {
  const outcomes = await pool(REQUESTS, 10, (index) =>
    chat({
      url: system.url,
      apiKey: system.apiKey,
      model: index % 3 === 0 ? "sim/large" : "sim/small",
      maxTokens: 5 + index,
      stream: index % 2 === 0,
    }),
  );
  assert.ok(outcomes.every(({ ok }) => ok));
  await eventually(async () => {
    const { accounts, models } = await consume(system);
    for (const kind of ["org", "user", "key"]) {
      const row = await budgetRow(system, kind);
      assert.notEqual(row.spent, "0");
      assert.equal(accounts[`ACCOUNT_KIND_${kind.toUpperCase()} ${row.account}`], row.spent, kind);
    }
    assert.deepEqual(models, await modelCosts(system));
  });
}

/** What `sluice usage` says of each model. */
async function modelCosts(system: System): Promise<Record<string, string>> {
  interface Row {
    readonly provider: string;
    readonly model: string;
    readonly cost_nanousd: string;
  }
  const { rows } = await system.json<{ rows: readonly Row[] }>(["usage"]);
  return Object.fromEntries(rows.map(({ provider, model, cost_nanousd }) => [`${provider}/${model}`, cost_nanousd]));
}

async function consume(system: System): Promise<Bill> {
  const child = system.shape === "embedded" ? await fromTail(system) : fromNats(system);
  const { code } = await child.exited;
  assert.equal(code, 0, child.stderr());
  return JSON.parse(child.stdout());
}

async function fromTail(system: System) {
  const tail = await system.command(["tail", "ledger", "--from-start", "--no-follow", "--json"]);
  return startNode(PROGRAM, { input: tail.stdout });
}

/** The address and the password file are those every process of the installation uses. */
function fromNats(system: System) {
  const config = parse(readFileSync(join(system.dataDirectory, "distributed.yaml"), "utf8"));
  const { servers, user, password_file } = config.bus as { servers: string[]; user: string; password_file: string };
  return startNode(PROGRAM, { args: [servers.join(","), user, password_file] });
}
