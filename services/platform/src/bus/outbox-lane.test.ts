import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { SILENT_LOG } from "./bus-log.ts";
import { OutboxLane, type OutboxRow } from "./outbox-lane.ts";
import type { Wire, WireMessage } from "./wire.ts";

const row = (sequence: number): OutboxRow => ({
  sequence,
  type: "attempt.metered",
  id: `att_${sequence}`,
  tenant: "org_a",
  traceparent: null,
  json: `{"n":${sequence}}`,
});

/** A connection that keeps what was published and answers when told to. */
class FakeWire implements Wire {
  readonly sent: number[] = [];
  readonly gone = new Promise<unknown>(() => undefined);
  #receive: ((message: WireMessage) => void) | undefined;

  publish(_subject: string, data: string): void {
    this.sent.push(Number(data.slice(5, -1)));
  }

  subscribe(_subject: string, onMessage: (message: WireMessage) => void): () => void {
    this.#receive = onMessage;
    return () => {
      this.#receive = undefined;
    };
  }

  answer(sequence: number, error?: string): void {
    const body = error ? { error: { description: error } } : { stream: "S", seq: sequence };
    const message = { subject: `inbox.${sequence}`, reply: undefined, status: 0, description: "" };
    this.#receive?.({ ...message, header: () => undefined, text: () => JSON.stringify(body) });
  }

  inbox(): string {
    return "inbox";
  }

  request(): Promise<WireMessage> {
    return Promise.reject(new Error("not used"));
  }

  async close(): Promise<void> {}
}

function setUp(t: TestContext, rows: OutboxRow[] = []) {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const stored: number[] = [];
  const lane = new OutboxLane(
    {
      stream: "SLUICE_ATTEMPTS",
      log: SILENT_LOG,
      load: (after, limit) => rows.filter(({ sequence }) => sequence > after).slice(0, limit),
      onStored: (through) => stored.push(through),
    },
    rows.at(-1)?.sequence ?? 0,
  );
  t.after(() => lane.close());
  return { lane, wire: new FakeWire(), stored, tick: (ms: number) => t.mock.timers.tick(ms) };
}

test("sends what the file holds, then what is added, without waiting for answers", (t) => {
  const { lane, wire, stored } = setUp(t, [row(3), row(4)]);
  lane.up(wire);
  lane.added(row(5));
  assert.deepEqual(wire.sent, [3, 4, 5]);
  wire.answer(4);
  assert.deepEqual(stored, []);
  wire.answer(3);
  assert.deepEqual(stored, [4]);
});

test("after a lost connection starts again at the first fact that is not stored, in order", (t) => {
  const { lane, wire, stored } = setUp(t);
  lane.up(wire);
  for (const n of [1, 2, 3, 4]) lane.added(row(n));
  wire.answer(1);
  wire.answer(3);
  lane.down();
  const next = new FakeWire();
  lane.up(next);
  assert.deepEqual(next.sent, [2, 4]);
  next.answer(2);
  next.answer(4);
  assert.deepEqual(stored, [1, 3, 4]);
});

test("after a refusal sends nothing new until every answer is in and the wait is over", async (t) => {
  const { lane, wire, tick } = setUp(t);
  lane.up(wire);
  for (const n of [1, 2, 3]) lane.added(row(n));
  wire.answer(1, "no space");
  lane.added(row(4));
  assert.deepEqual(wire.sent, [1, 2, 3]);
  wire.answer(2, "no space");
  wire.answer(3, "no space");
  const until = performance.now() + 150;
  while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
  tick(250);
  assert.deepEqual(wire.sent, [1, 2, 3, 1, 2, 3, 4]);
});

test("keeps a bounded number of facts in flight and goes on as answers come", (t) => {
  const rows = Array.from({ length: 2_000 }, (_, index) => row(index + 1));
  const { lane, wire, stored } = setUp(t, rows);
  lane.up(wire);
  assert.equal(wire.sent.length, 512);
  for (let n = 1; n <= 2_000; n++) wire.answer(n);
  assert.deepEqual(
    wire.sent,
    rows.map(({ sequence }) => sequence),
  );
  assert.equal(stored.at(-1), 2_000);
});
