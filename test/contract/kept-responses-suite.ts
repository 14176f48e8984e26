import assert from "node:assert/strict";
import { test } from "node:test";
import { type DatabaseOptions, openDatabase } from "@sluice/platform/sql";
import { KeptResponses } from "../../services/ingress/src/kept/kept-responses.ts";
import { type KeptSchema, migrations } from "../../services/ingress/src/kept/schema.ts";

const KB = 1_000;
const DAY_MS = 86_400_000;
const limits = { ageMs: DAY_MS, responseBytes: 20 * KB, conversationBytes: 50 * KB, orgBytes: 64 * KB };

/** What keeps responses, over one kind of SQL store. */
export function keptResponsesSuite(kind: string, database: DatabaseOptions): void {
  test(`conversations, owners, age and size of what is kept (${kind})`, async (t) => {
    const opened = await openDatabase<KeptSchema>(database, migrations);
    t.after(() => opened.close());
    let now = 1_000;
    const kept = new KeptResponses({ db: opened.db, limits, now: () => now });
    const keep = (id: string, previousId?: string, tenantId = "org_1", size = 10 * KB) => {
      now++;
      return kept.keep({ id, tenantId, previousId, inputJson: `"${id}"`, responseJson: "x".repeat(size) });
    };
    const idsOf = async (id: string, tenantId = "org_1") =>
      (await kept.conversation({ tenantId, id })).map((one) => one.id);

    await t.test("a conversation is read from its beginning, each organisation its own", async () => {
      await keep("a");
      await keep("b", "a");
      await keep("c", "b");
      assert.deepEqual(await idsOf("c"), ["a", "b", "c"]);
      assert.equal((await kept.find("org_1", "b"))?.inputJson, '"b"');
      assert.equal(await kept.find("org_2", "b"), undefined);
      assert.equal(await kept.forget("org_2", "b"), false);
      await assert.rejects(idsOf("c", "org_2"), /No response "c" is kept/);
      // A reference that crosses organisations leads nowhere.
      await keep("other", "a", "org_2");
      await assert.rejects(idsOf("other", "org_2"), /No response "a" is kept/);
    });

    await t.test("one that is too large is not kept, a conversation that is too large is not read", async () => {
      assert.equal(await keep("large", undefined, "org_1", 21 * KB), false);
      await keep("d", "c");
      await keep("e", "d");
      await assert.rejects(idsOf("e"), /has 5\d{4} bytes; at most 50000 are taken/);
    });

    await t.test("responses of any conversations are read together, within the same size", () => readTogether(kept));

    await t.test("an organisation's oldest are forgotten when it has too much, nobody else's", async () => {
      for (const id of ["f", "g", "h"]) await keep(id);
      const left = await Promise.all(["a", "b", "c", "d", "e", "f", "g", "h"].map((id) => kept.find("org_1", id)));
      assert.deepEqual(left.map((one) => one?.id ?? "").join(""), "cdefgh");
      assert.ok(await kept.find("org_2", "other"));
      await assert.rejects(idsOf("d"), /No response "b" is kept/);
    });

    await t.test("a deleted response is gone, and what is old goes with the next sweep", async () => {
      assert.equal(await kept.forget("org_1", "h"), true);
      assert.equal(await kept.find("org_1", "h"), undefined);
      now += DAY_MS;
      await keep("new");
      await kept.sweep();
      assert.equal(await kept.find("org_1", "g"), undefined);
      assert.ok(await kept.find("org_1", "new"));
    });

    await t.test("a conversation has at most a thousand responses", async () => {
      now += DAY_MS;
      await kept.sweep();
      const many = new KeptResponses({ db: opened.db, limits: { ...limits, orgBytes: 1_000 * KB }, now: () => now });
      for (let n = 0; n <= 1_000; n++) {
        const previousId = n === 0 ? undefined : `r${n - 1}`;
        await many.keep({ id: `r${n}`, tenantId: "org_1", previousId, inputJson: "[]", responseJson: "{}" });
      }
      assert.equal((await many.conversation({ tenantId: "org_1", id: "r999" })).length, 1_000);
      await assert.rejects(many.conversation({ tenantId: "org_1", id: "r1000" }), /more than 1000 responses/);
    });
  });
}

/** Asks for several of the responses `a` to `e`, 10,003 bytes each. */
async function readTogether(kept: KeptResponses): Promise<void> {
  const asked: number[] = [];
  const several = (tenantId: string, ...ids: string[]) =>
    kept.several({ tenantId, ids, reserve: (bytes) => asked.push(bytes) });
  assert.deepEqual((await several("org_1", "c", "a", "none")).map(({ id }) => id).sort(), ["a", "c"]);
  assert.deepEqual(asked, [20 * KB + 6]);
  assert.deepEqual(await several("org_2", "a", "b"), []);
  await assert.rejects(several("org_1", "a", "b", "c", "d", "e"), /have 5\d{4} bytes; at most 50000 are taken/);
  const many = Array.from({ length: 1_001 }, (_, n) => `r${n}`);
  await assert.rejects(several("org_1", ...many), /are of 1001 responses; at most 1000/);
}
