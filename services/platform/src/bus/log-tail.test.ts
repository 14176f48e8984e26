import assert from "node:assert/strict";
import { test } from "node:test";
import { openSqlite } from "../sql/index.ts";
import { StreamLog } from "./stream-log.ts";
import type { EventType } from "./subjects.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function fill(log: StreamLog, facts: number, json = "{}"): void {
  const from = log.head + 1;
  for (let n = from; n < from + facts; n++) {
    const type: EventType = n % 3 === 0 ? "attempt.metered" : "attempt.started";
    log.append({ type, id: `a${n}`, tenant: "org_a", traceparent: n % 2 === 0 ? TRACE : null, json }, n);
    if (n % 7 === 0) log.committed();
  }
  log.committed();
}

/** The same as someone reads who has only the file. */
function sameFromFile(log: StreamLog, reopened: StreamLog): void {
  for (const types of [undefined, ["attempt.metered"], ["attempt.started", "attempt.metered"], ["attempt.finished"]]) {
    for (const limit of [1, 10, 5_000]) {
      for (let after = 0; after <= log.head + 1; after += 97) {
        const { events, through } = log.read(after, limit, types);
        const expected = reopened.read(after, limit, types);
        assert.deepEqual(events, expected.events);
        assert.equal(through, expected.through);
      }
    }
  }
}

test("readers get the same from memory as from the file, wherever they stand", (t) => {
  const database = openSqlite(":memory:");
  t.after(() => database.close());
  const log = new StreamLog(database, "SLUICE_ATTEMPTS");
  fill(log, 100);
  sameFromFile(log, new StreamLog(database, "SLUICE_ATTEMPTS"));
  fill(log, 4_500);
  sameFromFile(log, new StreamLog(database, "SLUICE_ATTEMPTS"));
});

test("facts too large to keep are still read", (t) => {
  const database = openSqlite(":memory:");
  t.after(() => database.close());
  const log = new StreamLog(database, "SLUICE_ATTEMPTS");
  fill(log, 12, JSON.stringify("x".repeat(900_000)));
  sameFromFile(log, new StreamLog(database, "SLUICE_ATTEMPTS"));
});

test("what was rolled back or cut is not read from memory", (t) => {
  const database = openSqlite(":memory:");
  t.after(() => database.close());
  const log = new StreamLog(database, "SLUICE_ATTEMPTS");
  fill(log, 50);
  database.exec("BEGIN");
  log.append({ type: "attempt.started", id: "gone", tenant: "org_a", traceparent: null, json: "{}" }, 51);
  database.exec("ROLLBACK");
  log.reload();
  fill(log, 10);
  while (log.cut({ maxAgeMs: 10 }, 60));
  sameFromFile(log, new StreamLog(database, "SLUICE_ATTEMPTS"));
  fill(log, 10);
  sameFromFile(log, new StreamLog(database, "SLUICE_ATTEMPTS"));
});

test("a reader's copy is its own", (t) => {
  const database = openSqlite(":memory:");
  t.after(() => database.close());
  const log = new StreamLog(database, "SLUICE_ATTEMPTS");
  fill(log, 1);
  assert.notEqual(log.read(0, 1).events[0], log.read(0, 1).events[0]);
});
