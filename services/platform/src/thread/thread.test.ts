import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { SluiceError } from "../errors/index.ts";
import { Thread, type ThreadOptions } from "./index.ts";

const entry = new URL("./testing/parrot.ts", import.meta.url);

async function parrot(t: TestContext, more: Partial<ThreadOptions> = {}): Promise<Thread> {
  const thread = await Thread.start({ name: "the test", entry, data: { sum: 2n ** 63n }, ...more });
  t.after(() => thread.stop());
  return thread;
}

test("questions are answered on the thread, copies of whatever can be copied", async (t) => {
  const thread = await parrot(t);
  const question = { big: 2n ** 64n + 1n, bytes: Uint8Array.of(1, 2), missing: undefined };
  assert.deepEqual(await thread.ask(question), [{ sum: 2n ** 63n }, question]);
  await assert.rejects(
    thread.ask(() => undefined),
    /could not be cloned/,
  );
  await assert.rejects(thread.ask("uncopied"), /could not be cloned/);
  assert.deepEqual(await Promise.all([thread.ask("late"), thread.ask(2)]), [
    [{ sum: 2n ** 63n }, "late"],
    [{ sum: 2n ** 63n }, 2],
  ]);
});

test("errors come back with their code and details, also those of the start", async (t) => {
  const thread = await parrot(t);
  await assert.rejects(thread.ask("fail"), (error: SluiceError) => {
    assert.deepEqual([error.code, error.message, error.details], ["conflict", "As asked.", { retryAfterMs: 7 }]);
    return true;
  });
  await assert.rejects(parrot(t, { data: "refuse" }), (error: SluiceError) => {
    assert.deepEqual([error.code, error.details], ["unavailable", { param: "data" }]);
    return true;
  });
  await assert.rejects(parrot(t, { entry: new URL("./testing/missing.ts", import.meta.url) }), /has ended: .*missing/);
});

test("a stop lets it answer what it was asked, and refuses what comes later", async (t) => {
  const thread = await parrot(t, { data: 0 });
  const late = thread.ask("late");
  const stopped = thread.stop();
  await assert.rejects(thread.ask(1), { code: "unavailable" });
  assert.deepEqual(await late, [0, "late"]);
  await stopped;
  await thread.stop();
});

for (const question of ["die", "throw"]) {
  test(`a thread that ends by itself (${question}) fails all questions and tells of it once`, async (t) => {
    const failures: SluiceError[] = [];
    const thread = await parrot(t, { onFailure: (error) => failures.push(error) });
    const waiting = thread.ask("never");
    await Promise.all([
      assert.rejects(thread.ask(question), { code: "internal" }),
      assert.rejects(waiting, /The thread of the test has ended/),
    ]);
    await assert.rejects(thread.ask(1), { code: "internal" });
    await thread.stop();
    assert.equal(failures.length, 1);
  });
}

test("a process whose thread has died ends", async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./testing/lonely.ts", import.meta.url))], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 1);
  assert.match(Buffer.concat(said).toString(), /The thread of the test has ended/);
});
