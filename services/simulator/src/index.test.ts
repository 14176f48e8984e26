import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceContext } from "@sluice/platform/module";
import { type SimulatorConfig, simulatorConfig } from "./config.ts";
import { simulatorModule } from "./index.ts";

test("the module serves with a key derived from the installation and logs bills into its directory", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "simulator-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const key = Buffer.alloc(32, 7);
  // Whatever else a context offers, the simulator needs none of it: touching it would throw here.
  const used: Partial<ServiceContext<SimulatorConfig>> = {
    config: simulatorConfig.parse({ pace: 0, bill_log_file: "bills.jsonl" }),
    directory,
    deriveKey: (purpose) => (purpose === "simulator-api-key" ? key : assert.fail(purpose)),
    log: Object.assign(Object.create(null), { info: () => undefined }),
  };
  const running = await simulatorModule.start(Object.assign(Object.create(null), used));
  const response = await fetch(`${running.httpAddress}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key.toString("base64url")}` },
    body: JSON.stringify({ model: "small", messages: [{ role: "user", content: "Hi" }] }),
  });
  assert.equal(response.status, 200);
  await response.text();
  assert.equal(running.notReady(), undefined);
  await running.drain(1_000);
  await running.stop();
  const lines = readFileSync(join(directory, "bills.jsonl"), "utf8").trim().split("\n");
  assert.equal(lines.length, 1);
  assert.equal(JSON.parse(lines[0] ?? "").outcome, "completed");
});

test("every config key has a default and a description", () => {
  simulatorConfig.parse({});
  for (const [name, key] of Object.entries(simulatorConfig.shape)) assert.ok(key.description, name);
  assert.equal(simulatorConfig.safeParse({ listen_prot: 1 }).success, false);
});
