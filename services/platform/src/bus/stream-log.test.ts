import assert from "node:assert/strict";
import { test } from "node:test";
import { openSqlite } from "../sql/index.ts";
import { StreamLog } from "./stream-log.ts";

const row = (id: string, json = "{}") => ({
  type: "decision.made" as const,
  id,
  tenant: "org_a",
  traceparent: null,
  json,
});

test("retention by age cuts the oldest rows, never the newest, and numbers go on after it", (t) => {
  const database = openSqlite(":memory:");
  t.after(() => database.close());
  const log = new StreamLog(database, "SLUICE_DECISIONS");
  for (let n = 1; n <= 1_200; n++) log.append(row(`d${n}`), n);
  log.committed();
  const retention = { maxAgeMs: 100 };
  assert.equal(log.cut(retention, 1_101), true);
  while (log.cut(retention, 1_101));
  assert.deepEqual(
    log.read(0, 1).events.map(({ id }) => id),
    ["d1001"],
  );
  while (log.cut(retention, 1_000_000));
  assert.deepEqual(
    log.read(0, 10).events.map(({ id }) => id),
    ["d1200"],
  );

  const reopened = new StreamLog(database, "SLUICE_DECISIONS");
  reopened.append(row("next"), 2_000);
  reopened.committed();
  assert.equal(reopened.head, 1_201);
});

test("retention by bytes keeps about as many as fit", (t) => {
  const database = openSqlite(":memory:");
  t.after(() => database.close());
  const log = new StreamLog(database, "SLUICE_DECISIONS");
  for (let n = 1; n <= 100; n++) log.append(row(`d${n}`, "x".repeat(1_000)), n);
  log.committed();
  while (log.cut({ maxBytes: 11_500 }, 0));
  const { events } = log.read(0, 1_000);
  assert.ok(events.length >= 8 && events.length <= 12, `${events.length} rows are left`);
  assert.equal(events.at(-1)?.id, "d100");
});

test("a rolled back append leaves no gap", (t) => {
  const database = openSqlite(":memory:");
  t.after(() => database.close());
  const log = new StreamLog(database, "SLUICE_DECISIONS");
  database.exec("BEGIN");
  log.append(row("gone"), 1);
  database.exec("ROLLBACK");
  log.reload();
  log.append(row("kept"), 2);
  log.committed();
  assert.deepEqual(
    log.read(0, 10).events.map(({ sequence }) => sequence),
    [1n],
  );
  assert.equal(log.count(["decision.made"], 0), 1);
});

test("the position before a moment is found among facts of one moment, in gaps and behind a cut", (t) => {
  const database = openSqlite(":memory:");
  t.after(() => database.close());
  const log = new StreamLog(database, "SLUICE_DECISIONS");
  assert.equal(log.before(5), 0);
  for (let n = 1; n <= 1_200; n++) log.append(row(`d${n}`), Math.floor(n / 7) * 10);
  log.committed();
  const expected = (time: number) => {
    let position = 0;
    while (position < 1_200 && Math.floor((position + 1) / 7) * 10 < time) position += 1;
    return position;
  };
  for (let time = 0; time <= 1_730; time++) assert.equal(log.before(time), expected(time), `at ${time}`);
  while (log.cut({ maxAgeMs: 0 }, 900));
  for (let time = 0; time <= 1_710; time++) {
    const [first] = log.read(log.before(time), 1).events;
    assert.equal(first?.storedAt, Math.max(900, Math.ceil(time / 10) * 10), `after the cut, at ${time}`);
  }
});
