import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../harness/index.ts";
import { findTests, narrow, select } from "./select.ts";

function checkout(files: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory("select");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const FILES = {
  "services/ledger/src/cost.test.ts": "",
  "services/ledger/node_modules/x/y.test.ts": "",
  "test/contract/bus.test.ts": "// needs: nats\n",
  "test/e2e/chat.test.ts": "// shapes: embedded distributed\n",
  "test/e2e/processes.test.ts": "// shapes: distributed\n",
};

test("with all servers everything runs in both shapes", () => {
  const selection = select(findTests(checkout(FILES)), []);
  assert.deepEqual(selection.unit, ["services/ledger/src/cost.test.ts", "test/contract/bus.test.ts"]);
  assert.deepEqual(selection.e2e, ["test/e2e/chat.test.ts", "test/e2e/processes.test.ts"]);
  assert.deepEqual(selection.shapes, ["embedded", "distributed"]);
  assert.deepEqual(selection.notRun, []);
});

test("without a server each file that does not run, or not in both shapes, is named", () => {
  const selection = select(findTests(checkout(FILES)), ["nats"]);
  assert.deepEqual(selection.unit, ["services/ledger/src/cost.test.ts"]);
  assert.deepEqual(selection.e2e, ["test/e2e/chat.test.ts"]);
  assert.deepEqual(selection.shapes, ["embedded"]);
  assert.deepEqual(
    selection.notRun.map((entry) => entry.path),
    ["test/contract/bus.test.ts", "test/e2e/processes.test.ts", "test/e2e/chat.test.ts"],
  );
});

test("a misspelt need and a path without a test are errors", () => {
  assert.throws(() => findTests(checkout({ "test/e2e/x.test.ts": "// needs: mysql\n" })), /mysql/);
  const root = checkout(FILES);
  assert.throws(() => narrow(root, findTests(root), [join(root, "docs")]), /No test file/);
  assert.deepEqual(
    narrow(root, findTests(root), [join(root, "services")]).map((file) => file.path),
    ["services/ledger/src/cost.test.ts"],
  );
});
