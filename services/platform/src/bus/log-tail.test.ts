import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { StreamLog } from "./stream-log.ts";
import type { EventType } from "./subjects.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function openLog(t: TestContext): { log: StreamLog; reopened: () => StreamLog; follower: { position: number } } {
  const directory = mkdtempSync(join(tmpdir(), "sluice-log-"));
  const open: StreamLog[] = [];
  const follower = { position: 0 };
  const reopened = (): StreamLog => {
    const log = new StreamLog({ directory, stream: "SLUICE_ATTEMPTS", segmentBytes: 2_000 });
    open.push(log);
    if (open.length === 1) log.follow(() => follower.position);
    return log;
  };
  t.after(() => {
    for (const log of open) log.close();
    rmSync(directory, { recursive: true });
  });
  return { log: reopened(), reopened, follower };
}

function fill(log: StreamLog, facts: number, json = "{}"): void {
  const from = log.head + 1;
  for (let n = from; n < from + facts; n++) {
    const type: EventType = n % 3 === 0 ? "attempt.metered" : "attempt.started";
    log.append({ type, id: `a${n}`, tenant: "org_a", traceparent: n % 2 === 0 ? TRACE : null, json }, n);
    if (n % 7 === 0) log.flush();
  }
  log.flush();
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
  const { log, reopened } = openLog(t);
  fill(log, 100);
  sameFromFile(log, reopened());
  fill(log, 4_500);
  sameFromFile(log, reopened());
});

test("facts too large to keep are still read", (t) => {
  const { log, reopened } = openLog(t);
  fill(log, 12, JSON.stringify("x".repeat(900_000)));
  sameFromFile(log, reopened());
});

test("what was cut is not read from memory", (t) => {
  const { log, reopened } = openLog(t);
  fill(log, 50);
  fill(log, 10);
  log.cut({ maxAgeMs: 10 }, 60);
  sameFromFile(log, reopened());
  fill(log, 10);
  sameFromFile(log, reopened());
});

test("what every consumer has had leaves the memory, and is read from the file all the same", (t) => {
  const { log, reopened, follower } = openLog(t);
  fill(log, 700);
  for (const position of [1, 300, 699, 1_400]) {
    follower.position = position;
    fill(log, 100);
    sameFromFile(log, reopened());
  }
});
