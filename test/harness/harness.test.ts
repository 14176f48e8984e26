import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, startNode, temporaryDirectory, waitFor } from "./index.ts";

function program(text: string): string {
  const file = join(temporaryDirectory("program"), "program.mjs");
  writeFileSync(file, text);
  return file;
}

test("a line of a child is found, also one that was printed before the wait", async () => {
  const child = startNode(program(`console.log("port 42"); console.error("note"); setInterval(() => {}, 1000);`));
  const [, port] = await child.line(/^port (\d+)$/);
  assert.equal(port, "42");
  assert.equal((await child.line(/port (\d+)/))[1], "42");
  assert.deepEqual(await child.kill(), { code: null, signal: "SIGKILL" });
  assert.equal(child.stderr(), "note\n");
});

test("a child that ends without the line is reported at once, with what it printed", async () => {
  const child = startNode(program(`console.error("broken"); process.exit(7);`));
  await assert.rejects(child.line(/never/), /"code":7[\s\S]*broken/);
});

test("input reaches a child, the variables of the tests do not", async () => {
  const file = program(
    `process.stdin.pipe(process.stdout); console.log(process.env.SLUICE_X, process.env.NODE_TEST_CONTEXT);`,
  );
  const child = startNode(file, { input: "hello\n", environment: { SLUICE_X: "given" } });
  await child.exited;
  assert.equal(child.stdout(), "given undefined\nhello\n");
});

test("polling repeats failing assertions and reports the last one", async () => {
  let tries = 0;
  assert.equal(await eventually(() => (++tries < 3 ? assert.fail("not yet") : tries)), 3);
  const never = eventually(() => assert.equal(1, 2), { timeoutMs: 50, message: "Equality" });
  await assert.rejects(never, /^Error: Equality did not happen within 0.05 s/);
});

test("waiting ends with the value that was looked for", async () => {
  let tries = 0;
  assert.equal(await waitFor(() => (++tries < 3 ? undefined : "found")), "found");
});

test("a temporary directory is gone when its process has ended", async () => {
  const harness = JSON.stringify(new URL("./index.ts", import.meta.url).href);
  const child = startNode(
    program(`const { temporaryDirectory } = await import(${harness}); console.log(temporaryDirectory());`),
  );
  await child.exited;
  const [directory] = await child.line(/^\/.+/);
  assert.equal(existsSync(directory), false);
});
