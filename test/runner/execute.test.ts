import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startNode, temporaryDirectory } from "../harness/index.ts";

const SAMPLES = {
  "passes.test.ts": `import { test } from "node:test"; test("a", () => {}); test("b", () => {});`,
  "fails.test.ts": `import { test } from "node:test"; test("c", () => { throw new Error("x"); }); test("d", () => {});`,
  "breaks.test.ts": `import { nothing } from "./absent.ts";`,
  "waits.test.ts": `import { test } from "node:test"; test("f", { skip: true }, () => {}); test("g", { todo: true }, () => {});`,
};

/** In a process of its own: a test cannot run tests. */
async function countsOf(...names: readonly (keyof typeof SAMPLES)[]): Promise<unknown> {
  const directory = temporaryDirectory("execute");
  for (const name of names) writeFileSync(join(directory, name), SAMPLES[name]);
  const program = join(directory, "program.mjs");
  writeFileSync(
    program,
    `const { execute } = await import(${JSON.stringify(new URL("./execute.ts", import.meta.url).href)});
    const files = ${JSON.stringify(names.map((name) => join(directory, name)))};
    const signal = new AbortController().signal;
    const counts = await execute({ files, concurrency: 2, environment: {}, signal });
    console.log("\\ncounts " + JSON.stringify(counts));`,
  );
  const child = startNode(program);
  await child.exited;
  const [, counts] = await child.line(/^counts (.*)$/);
  return JSON.parse(counts ?? "");
}

test("passes and failures are counted", async () => {
  assert.deepEqual(await countsOf("passes.test.ts", "fails.test.ts"), { passed: 3, failed: 1, skipped: 0 });
});

test("a file that cannot be loaded is a failure", async () => {
  assert.deepEqual(await countsOf("passes.test.ts", "breaks.test.ts"), { passed: 2, failed: 1, skipped: 0 });
});

test("what was skipped or is still to do is neither", async () => {
  assert.deepEqual(await countsOf("waits.test.ts"), { passed: 0, failed: 0, skipped: 2 });
});
