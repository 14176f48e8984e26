import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { SluiceError } from "../errors/index.ts";
import { openSqlite } from "../sql/index.ts";
import { GroupCommit } from "./group-commit.ts";

function setUp(t: TestContext): {
  database: DatabaseSync;
  commits: GroupCommit;
  counts: { commits: number; rollbacks: number };
} {
  const database = openSqlite(":memory:", { maxBytes: 32 * 4096 });
  t.after(() => database.close());
  database.exec("create table item (id integer primary key, text text)");
  const counts = { commits: 0, rollbacks: 0 };
  const commits = new GroupCommit({
    database,
    file: "items.db",
    onCommit: () => {
      counts.commits += 1;
    },
    onRollback: () => {
      counts.rollbacks += 1;
    },
  });
  return { database, commits, counts };
}

test("the writes of one turn share a commit and each learns its own result", async (t) => {
  const { database, commits, counts } = setUp(t);
  const insert = database.prepare("insert into item (id) values (?)");
  const results = await Promise.all([1, 2, 3].map((id) => commits.run(() => insert.run(id).lastInsertRowid)));
  assert.deepEqual(results, [1n, 2n, 3n]);
  assert.deepEqual(counts, { commits: 1, rollbacks: 0 });
});

test("a write that fails does not take its neighbours with it", async (t) => {
  const { database, commits, counts } = setUp(t);
  const insert = database.prepare("insert into item (id) values (?)");
  const results = await Promise.allSettled([1, 1, 2].map((id) => commits.run(() => insert.run(id))));
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.equal(database.prepare("select count(*) as n from item").get()?.["n"], 2n);
  assert.ok(counts.rollbacks > 0);
});

test("a full file answers overloaded and goes on when there is room again", async (t) => {
  const { database, commits } = setUp(t);
  const insert = database.prepare("insert into item (text) values (?)");
  const fill = async () => {
    for (let i = 0; i < 200; i++) await commits.run(() => insert.run("x".repeat(3000)));
  };
  await assert.rejects(
    fill(),
    (error) => error instanceof SluiceError && error.code === "overloaded" && /items\.db/.test(error.message),
  );
  await commits.run(() => database.exec("delete from item"));
  await commits.run(() => insert.run("fits"));
});

test("flush writes at once", (t) => {
  const { database, commits } = setUp(t);
  void commits.run(() => database.exec("insert into item (id) values (9)"));
  commits.flush();
  assert.equal(database.prepare("select count(*) as n from item").get()?.["n"], 1n);
});
