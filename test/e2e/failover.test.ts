// shapes: embedded distributed
import assert from "node:assert/strict";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";
import { documented } from "./support/document.ts";
import { ask, type Seen } from "./support/failover/ask.ts";
import { assertBilled, type Tried, triedAttempts } from "./support/failover/attempts.ts";
import { aliases, aliasOf, BEFORE, everyWay, goodModel, type Way, WIRES, WITHIN } from "./support/failover/faults.ts";
import { beforeTable, type Row, withinTable } from "./support/failover/tables.ts";
import { pool } from "./support/pool.ts";

/** How long a candidate may be silent here. */
const PATIENCE_MS = 1_500;
const WIDTH = 10;

interface Proof extends Way {
  readonly seen: Seen;
}

const proofs = new WeakMap<System, { before: Proof[]; within: Proof[] }>();
const proofsOf = (system: System) => {
  const known = proofs.get(system) ?? { before: [], within: [] };
  proofs.set(system, known);
  return known;
};

const before: Case = [
  "what goes wrong before the first content is not seen: three attempts fail, the fourth serves",
  async (system) => {
    const ways = everyWay(BEFORE);
    const problems: string[] = [];
    await pool(ways.length, WIDTH, async (index) => {
      const way = ways[index] ?? assert.fail();
      const { wire, fault, stream } = way;
      const { asked } = fault;
      const options = { stream, ...(asked !== undefined && { asked }) };
      const seen = await ask(system, aliasOf("before", way), options);
      const good = await ask(system, goodModel(way), options);
      proofsOf(system).before.push({ ...way, seen });
      try {
        assert.equal(seen.error, undefined);
        assert.deepEqual([seen.attempts, seen.provider], ["4", wire.rescuer]);
        assert.equal(`${seen.provider}/${seen.model}`, goodModel(way));
        assert.deepEqual(seen.answer, good.answer, "the answer of the one that serves, and nothing else");
        for (const trace of [`${wire.provider}/`, `+${fault.variant}`])
          assert.ok(!seen.text.includes(trace), seen.text);
      } catch (error) {
        problems.push(`${wire.wire}, ${fault.name}, ${stream ? "streamed" : "plain"}: ${error}`);
      }
    });
    assert.deepEqual(problems, []);
  },
];

const within: Case = [
  "what goes wrong after content has left is an error the SDK raises; plain answers go on to the next candidate",
  async (system) => {
    const ways = everyWay(WITHIN);
    await pool(ways.length, WIDTH, async (index) => {
      const way = ways[index] ?? assert.fail();
      const { wire, fault, stream } = way;
      const seen = await ask(system, aliasOf("within", way), { stream });
      proofsOf(system).within.push({ ...way, seen });
      const name = `${wire.wire}, ${fault.name}, ${stream ? "streamed" : "plain"}`;
      if (!stream) {
        assert.deepEqual([seen.error, seen.attempts, seen.provider], [undefined, "4", wire.rescuer], name);
        return;
      }
      const { content, finish } = seen.answer as { content: string | null; finish: string | null };
      assert.deepEqual([seen.attempts, seen.provider, finish], ["1", wire.provider, null], name);
      assert.ok((content ?? "").split(" ").length >= 8, `${name}: ${content}`);
      assert.match(seen.error?.code ?? "", /^upstream_/, name);
    });
  },
];

const harmless: Case = [
  "an answer without usage or without the end marker of its stream is no failure",
  async (system) => {
    for (const { provider } of WIRES) {
      for (const fault of ["no-usage", "no-done"]) {
        for (const stream of [false, true]) {
          const seen = await ask(system, `${provider}/small+length=20+${fault}`, { stream });
          assert.deepEqual([seen.error, seen.attempts], [undefined, "1"], `${provider}, ${fault}`);
          assert.equal((seen.answer as { finish: string }).finish, "stop", `${provider}, ${fault}`);
        }
      }
    }
  },
];

/** Requests to the fourth candidates themselves are bills too. */
const attemptsOf = ({ before, within }: { before: readonly Proof[]; within: readonly Proof[] }): number =>
  before.length * 5 + within.reduce((sum, { stream }) => sum + (stream ? 1 : 4), 0);

const books: Case = [
  "every failed attempt is in the ledger, once, with what the provider bills for it",
  async (system) => {
    const known = proofsOf(system);
    const requests = await triedAttempts(system, attemptsOf(known));
    assertBilled([...requests.values()].flat());
    for (const proof of [...known.before, ...known.within]) {
      const tries = requests.get(proof.seen.requestId) ?? [];
      assert.equal(String(tries.length), proof.seen.attempts);
      assert.deepEqual(
        tries.map(({ ordinal, last }) => [ordinal, last]),
        tries.map((_, index) => [index + 1, index === tries.length - 1]),
      );
    }
    documented("docs/failover.md", "before", beforeTable(rowsOf(known.before, requests)));
    documented("docs/failover.md", "within", withinTable(rowsOf(known.within, requests)));
  },
];

function rowsOf(proven: readonly Proof[], requests: ReadonlyMap<string, readonly Tried[]>): Row[] {
  return proven.map(({ wire, fault, stream, seen }) => {
    const tries = requests.get(seen.requestId) ?? [];
    const failures = [...new Set(tries.filter(({ seenAs }) => seenAs !== "").map(({ seenAs }) => seenAs))];
    const served = seen.error === undefined ? tries.length : 0;
    return { fault, wire: wire.wire, stream, served, seenAs: failures.join(" / "), code: seen.error?.code ?? "" };
  });
}

proveInEachShape("failover", [before, within, books, harmless], {
  settings: {
    "router.aliases": JSON.stringify(aliases()),
    "router.routes": JSON.stringify([
      {
        models: ["*slow*", "*stall*"],
        timeouts: { first_content_ms: PATIENCE_MS, idle_ms: PATIENCE_MS, total_ms: 2 * PATIENCE_MS },
      },
    ]),
    // A machine with much to do is no reason to let a start pass unjudged.
    "router.validation_deadline_ms": 10_000,
    "router.window_max_ms": 10_000,
  },
});
