// shapes: embedded
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { cleanEnvironment, eventually, freePort, temporaryDirectory } from "../harness/index.ts";

const SHIM = fileURLToPath(new URL("../../services/launcher/bin/sluice.js", import.meta.url));
const REQUIRED_MAJOR = 26;
const environment = cleanEnvironment();

/** A Node in PATH that is older than the program needs. */
function olderNode(): string | undefined {
  return (environment["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "node"))
    .find((file) => {
      const asked = spawnSync(file, ["-p", "process.versions.node"], { encoding: "utf8", env: environment });
      return asked.status === 0 && Number(asked.stdout.split(".")[0]) < REQUIRED_MAJOR;
    });
}

test("the command works on a system whose own Node is older, and passes signals on", async (t: TestContext) => {
  const node = olderNode();
  if (node === undefined) {
    t.skip("no Node older than 26 in PATH");
    return;
  }
  t.diagnostic(`${node} ${spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim()}`);
  const help = spawnSync(node, [SHIM, "--help"], { encoding: "utf8", env: environment });
  assert.equal(help.status, 0, help.stderr);
  assert.match(help.stdout, /sluice/);
  const wrong = spawnSync(node, [SHIM, "serve", "nonsense"], { encoding: "utf8", env: environment });
  assert.equal(wrong.status, 1, "the exit code is passed back");

  const directory = temporaryDirectory("shim");
  const port = await freePort();
  const args = [SHIM, "up", "--port", String(port), "--data-dir", directory];
  const shim = spawn(node, args, { stdio: "ignore", env: environment });
  t.after(() => shim.kill("SIGKILL"));
  await eventually(async () => assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200));
  const { pid } = JSON.parse(readFileSync(join(directory, "writer.json"), "utf8")) as { pid: number };
  assert.notEqual(pid, shim.pid, "the gateway runs on the pinned Node");
  const exit = once(shim, "exit");
  shim.kill("SIGTERM");
  assert.deepEqual(await exit, [0, null]);
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});
