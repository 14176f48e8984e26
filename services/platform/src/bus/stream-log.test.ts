import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openSqlite } from "../sql/index.ts";
import { importTable } from "./import-table.ts";
import { StreamLog } from "./stream-log.ts";

const STREAM = "SLUICE_DECISIONS";
const row = (id: string, json = "{}") => ({
  type: "decision.made" as const,
  id,
  tenant: "org_a",
  traceparent: null,
  json,
});

function world(t: TestContext, segmentBytes = 2_000) {
  const directory = mkdtempSync(join(tmpdir(), "sluice-log-"));
  const opened: StreamLog[] = [];
  t.after(() => {
    for (const log of opened) log.close();
    rmSync(directory, { recursive: true });
  });
  const open = (): StreamLog => {
    const log = new StreamLog({ directory, stream: STREAM, segmentBytes });
    opened.push(log);
    return log;
  };
  const folder = join(directory, STREAM);
  const files = () => readdirSync(folder).filter((name) => name.endsWith(".facts"));
  return { open, folder, files };
}

async function fill(log: StreamLog, first: number, last: number, json = "{}"): Promise<void> {
  for (let n = first; n <= last; n++) {
    void log.append(row(`d${n}`, json), n);
    if (n % 10 === 0) log.flush();
  }
  await log.append(row(`d${last}`), last);
}

const idsOf = (log: StreamLog, after = 0) => log.read(after, 100_000).events.map(({ id }) => id);

test("retention by age cuts whole files of old facts, never the newest, and numbers go on after it", async (t) => {
  const { open } = world(t);
  const log = open();
  await fill(log, 1, 1_200);
  log.cut({ maxAgeMs: 100 }, 1_200);
  const [oldest = ""] = idsOf(log);
  assert.ok(Number(oldest.slice(1)) >= 1_100 && Number(oldest.slice(1)) < 1_200, oldest);
  log.cut({ maxAgeMs: 100 }, 1_000_000);
  assert.equal(idsOf(log).at(-1), "d1200");
  log.close();

  const reopened = open();
  await reopened.append(row("next"), 2_000);
  assert.equal(reopened.head, 1_201);
});

test("a stream that takes little is cut in time too", async (t) => {
  const { open } = world(t, 1_000_000);
  const log = open();
  await fill(log, 1, 10);
  log.cut({ maxAgeMs: 160 }, 100);
  await fill(log, 101, 110);
  log.cut({ maxAgeMs: 160 }, 165);
  assert.equal(idsOf(log)[0], "d101");
});

test("retention by bytes keeps what fits", async (t) => {
  const { open } = world(t);
  const log = open();
  await fill(log, 1, 100, "x".repeat(1_000));
  log.cut({ maxBytes: 15_000 }, 0);
  const ids = idsOf(log);
  assert.ok(ids.length >= 4 && log.bytes <= 15_000, `${ids.length} facts, ${log.bytes} bytes are left`);
  assert.equal(ids.at(-1), "d100");
});

test("facts are counted, found and read the same after a start, with and without summaries", async (t) => {
  const { open, folder, files } = world(t);
  const log = open();
  await fill(log, 1, 500);
  log.close();
  assert.ok(files().length > 5);
  for (const without of [false, true]) {
    if (without) for (const name of files()) rmSync(join(folder, `${name}.summary`), { force: true });
    const reopened = open();
    assert.equal(reopened.head, 500);
    assert.deepEqual(idsOf(reopened), idsOf(log));
    for (const after of [0, 1, 127, 128, 129, 333, 500]) {
      assert.equal(reopened.count(["decision.made"], after), 500 - after);
      assert.deepEqual(
        reopened.read(after, 3).events.map(({ id }) => id),
        [1, 2, 3].map((n) => `d${after + n}`).slice(0, 500 - after),
      );
      if (after > 0) assert.equal(reopened.get(after, 2)?.id, `d${after}`);
    }
    reopened.close();
  }
});

test("what a killed writer left behind the last whole fact is cut off, wherever it was killed", async (t) => {
  const { open, folder, files } = world(t, 1_000_000);
  const log = open();
  await fill(log, 1, 5);
  log.close();
  const [name = ""] = files();
  const file = join(folder, name);
  const whole = readFileSync(file);
  const last = whole.lastIndexOf("\n", whole.length - 2) + 1;
  for (let end = last; end < whole.length; end++) {
    writeFileSync(file, whole.subarray(0, end));
    const reopened = open();
    assert.equal(reopened.head, 4, `killed after ${end - last} bytes`);
    await reopened.append(row("again"), 6);
    assert.deepEqual(idsOf(reopened), ["d1", "d2", "d3", "d4", "again"]);
    reopened.close();
  }
  writeFileSync(file, whole);
  appendFileSync(file, "12 6\tgarbage\n");
  assert.equal(open().head, 5);
});

test("a repeat is dropped, also after a start", async (t) => {
  const { open } = world(t);
  const log = open();
  await Promise.all([log.append(row("a"), 1), log.append(row("a"), 2)]);
  await log.append(row("a"), 3);
  log.close();
  const reopened = open();
  await reopened.append(row("a"), 4);
  assert.deepEqual(idsOf(reopened), ["a"]);
});

test("the position before a moment is found among facts of one moment, in gaps and behind a cut", async (t) => {
  const { open } = world(t);
  const log = open();
  assert.equal(log.before(5), 0);
  for (let n = 1; n <= 1_200; n++) {
    void log.append(row(`d${n}`), Math.floor(n / 7) * 10);
    if (n % 7 === 0) log.flush();
  }
  log.flush();
  const expected = (time: number) => {
    let position = 0;
    while (position < 1_200 && Math.floor((position + 1) / 7) * 10 < time) position += 1;
    return position;
  };
  for (let time = 0; time <= 1_730; time++) assert.equal(log.before(time), expected(time), `at ${time}`);
  log.cut({ maxAgeMs: 1_000 }, 1_900);
  const [first] = log.read(0, 1).events;
  assert.ok(first !== undefined && first.sequence > 1n);
  assert.equal(log.read(log.before(3), 1).events[0]?.sequence, first.sequence);
});

test("a stream that was a table of an earlier version moves into files under its sequences", async (t) => {
  const { open } = world(t);
  const database = openSqlite(":memory:");
  t.after(() => database.close());
  database.exec(`CREATE TABLE log_sluice_decisions (sequence INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL,
    tenant TEXT NOT NULL, stored_at INTEGER NOT NULL, end_offset INTEGER NOT NULL, traceparent TEXT, json TEXT NOT NULL, dead TEXT) STRICT`);
  const insert = database.prepare(
    "INSERT INTO log_sluice_decisions VALUES (?,'decision.made',?,'org_a',?,0,NULL,'{}',NULL)",
  );
  for (let n = 8; n <= 60; n++) insert.run(n, `d${n}`, n);
  const log = open();
  importTable(database, log);
  importTable(database, log);
  assert.equal(log.head, 60);
  assert.deepEqual(
    log.read(0, 2).events.map(({ id, sequence }) => [id, sequence]),
    [
      ["d8", 8n],
      ["d9", 9n],
    ],
  );
  await log.append(row("d9"), 70);
  await log.append(row("new"), 71);
  assert.equal(log.head, 61);
});
