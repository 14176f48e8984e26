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
const program = (name: string) => fileURLToPath(new URL(`./outside-consumer/${name}.ts`, import.meta.url));

for (const shape of shapes()) {
  test(`an outside consumer of the ledger's stream comes to the same totals as \`sluice budgets\` (${shape})`, async () => {
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
    const sums = await consume(system);
    for (const kind of ["org", "user", "key"]) {
      const row = await budgetRow(system, kind);
      assert.notEqual(row.spent, "0");
      assert.equal(sums[`ACCOUNT_KIND_${kind.toUpperCase()} ${row.account}`], row.spent, kind);
    }
  });
}

async function consume(system: System): Promise<Record<string, string>> {
  const child = system.shape === "embedded" ? await fromTail(system) : fromNats(system);
  const { code } = await child.exited;
  assert.equal(code, 0, child.stderr());
  return JSON.parse(child.stdout());
}

async function fromTail(system: System) {
  const tail = await system.command(["tail", "ledger", "--from-start", "--no-follow", "--json"]);
  return startNode(program("from-tail"), { input: tail.stdout });
}

/** The address and the password file are those every process of the installation uses. */
function fromNats(system: System) {
  const config = parse(readFileSync(join(system.dataDirectory, "distributed.yaml"), "utf8"));
  const { servers, user, password_file } = config.bus as { servers: string[]; user: string; password_file: string };
  return startNode(program("consumer"), { args: [servers.join(","), user, password_file] });
}
