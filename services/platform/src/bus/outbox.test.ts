import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { SILENT_LOG } from "./bus-log.ts";
import type { Fact } from "./fact.ts";
import { Outbox } from "./outbox.ts";
import type { Wire, WireMessage } from "./wire.ts";

const fact = (n: number, stream: Fact["stream"] = "SLUICE_ATTEMPTS"): Fact => ({
  stream,
  type: stream === "SLUICE_ATTEMPTS" ? "attempt.metered" : "ledger.posted",
  id: `att_${n}`,
  tenant: "org_a",
  traceparent: n % 2 === 0 ? "00-1" : null,
  json: `{"n":${n},"text":"größe\\n"}`,
});

/** A server that stores what it gets, if it is told to. */
class FakeWire implements Wire {
  readonly stored: string[] = [];
  readonly gone = new Promise<unknown>(() => undefined);
  readonly #receivers = new Map<string, (message: WireMessage) => void>();
  #inboxes = 0;
  answering = true;

  publish(_subject: string, data: string, options?: { readonly reply?: string }): void {
    this.stored.push(String((JSON.parse(data) as { n: number }).n));
    const reply = options?.reply ?? "";
    const message = { subject: reply, reply: undefined, status: 0, description: "" };
    if (this.answering)
      this.#receivers.get(reply.replace(/[^.]*$/, "*"))?.({ ...message, header: () => undefined, text: () => "{}" });
  }

  subscribe(subject: string, onMessage: (message: WireMessage) => void): () => void {
    this.#receivers.set(subject, onMessage);
    return () => this.#receivers.delete(subject);
  }

  inbox(): string {
    return `inbox${++this.#inboxes}`;
  }

  request(): Promise<WireMessage> {
    return Promise.reject(new Error("not used"));
  }

  async close(): Promise<void> {}
}

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "outbox-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "outbox.db");
}

const open = (file: string, maxBytes = 1_000_000) => new Outbox({ file, maxFacts: 10_000, maxBytes, log: SILENT_LOG });
const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

test("facts that nobody has taken are there after a restart, those that were stored are not", async (t) => {
  const file = place(t);
  const first = open(file);
  await Promise.all(numbers(1, 300).map((n) => first.add(fact(n), "record")));
  await first.add(fact(1, "SLUICE_LEDGER"), "record");
  assert.equal(first.facts, 301);
  first.close();

  const second = open(file);
  assert.equal(second.facts, 301);
  const wire = new FakeWire();
  second.up(wire);
  assert.deepEqual(wire.stored.toSorted(), [...numbers(1, 300).map(String), "1"].toSorted());
  assert.equal(second.facts, 0);
  wire.answering = false;
  await second.add(fact(301), "record");
  second.close();

  const third = open(file);
  t.after(() => third.close());
  assert.equal(third.facts, 1);
  const next = new FakeWire();
  third.up(next);
  assert.deepEqual(next.stored, ["301"]);
});

test("files whose facts are stored are deleted, and counting goes on behind them", async (t) => {
  const file = place(t);
  const outbox = open(file, 160_000);
  const wire = new FakeWire();
  outbox.up(wire);
  for (const n of numbers(1, 2_000)) await outbox.add(fact(n), "record");
  assert.ok(readdirSync(`${file}-facts`).length <= 2);
  assert.ok(outbox.fullness < 0.2);
  wire.answering = false;
  for (const n of numbers(2_001, 2_200)) await outbox.add(fact(n), "record");
  assert.equal(outbox.facts, 200);
  outbox.close();
  const again = open(file, 160_000);
  t.after(() => again.close());
  assert.equal(again.facts, 200);
  const next = new FakeWire();
  again.up(next);
  assert.deepEqual(next.stored, numbers(2_001, 2_200).map(String));
});

test("a line that a killed process left half written is cut off", async (t) => {
  const file = place(t);
  const first = open(file);
  await first.add(fact(1), "record");
  first.close();
  const [name] = readdirSync(`${file}-facts`);
  appendFileSync(join(`${file}-facts`, name ?? ""), "90 fact\tSLUICE_ATTEMPTS\t2\tattempt");
  const second = open(file);
  await second.add(fact(2), "record");
  second.close();
  const third = open(file);
  t.after(() => third.close());
  const wire = new FakeWire();
  third.up(wire);
  assert.deepEqual(wire.stored, ["1", "2"]);
});

test("facts that an earlier version kept in tables are sent", (t) => {
  const file = place(t);
  const database = new DatabaseSync(file);
  database.exec(`CREATE TABLE lane_sluice_attempts (sequence INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL,
    tenant TEXT NOT NULL, traceparent TEXT, json TEXT NOT NULL) STRICT`);
  const insert = database.prepare(
    "INSERT INTO lane_sluice_attempts VALUES (?, 'attempt.metered', ?, 'org_a', NULL, ?)",
  );
  for (const n of [7, 8]) insert.run(n, `att_${n}`, `{"n":${n}}`);
  database.close();
  const outbox = open(file);
  t.after(() => outbox.close());
  assert.equal(outbox.facts, 2);
  const wire = new FakeWire();
  outbox.up(wire);
  assert.deepEqual(wire.stored, ["7", "8"]);
  assert.equal(outbox.facts, 0);
});
