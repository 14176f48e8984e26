// shapes: embedded distributed
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { eventually, temporaryDirectory } from "../harness/index.ts";
import { type Shape, type System, type SystemOptions, shapes, startSystem } from "../harness/system.ts";
import { settledAttempts } from "./support/settled.ts";

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const REQUESTS_MAX = 600;
const DISK_MIB = 32;
/** Far more than the prices that the ledger announces at its start, which may still be on their way. */
const OUTBOX_FACTS = 600;

async function ask(system: System): Promise<Answer> {
  const response = await fetch(`${system.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "sim/small", messages: [{ role: "user", content: "Hello" }] }),
  });
  const { error } = (await response.json()) as { error?: { code: string; message: string } };
  return { status: response.status, code: error?.code ?? "", message: error?.message ?? "" };
}

/** Asks, one after another, until the gateway refuses; that refusal, and how many were served before. */
async function askUntilRefused(system: System): Promise<Answer & { readonly served: number }> {
  for (let served = 0; served < REQUESTS_MAX; served++) {
    const answer = await ask(system);
    if (answer.status !== 200) return { ...answer, served };
  }
  throw new Error(`${REQUESTS_MAX} requests were served, and room was to end.`);
}

async function start(t: TestContext, shape: Shape, options: Omit<SystemOptions, "shape"> = {}): Promise<System> {
  const system = await startSystem({ shape, ...options });
  t.after(() => system.stop());
  return system;
}

const proofs: Readonly<Record<Shape, Readonly<Record<string, (t: TestContext) => Promise<void>>>>> = {
  embedded: {
    "a full log refuses new work and names its bound": async (t) => {
      const system = await start(t, "embedded", { settings: { "bus.embedded_max_bytes": 1_048_576 } });
      const { status, code, message, served } = await askUntilRefused(system);
      assert.deepEqual([status, code], [503, "overloaded"], message);
      assert.match(message, /of 1048576 bytes.*bus\.embedded_max_bytes/);
      assert.equal((await settledAttempts(system)).size, served, "what was served is posted");
    },
    "a full disk refuses new work, loses nothing, and is well again with room": fullDisk,
  },
  distributed: {
    "a full outbox refuses new work, and all facts arrive later": async (t) => {
      const system = await start(t, "distributed", { settings: { "bus.outbox_max_facts": OUTBOX_FACTS } });
      const { nats } = system.pids();
      assert.ok(nats);
      process.kill(nats, "SIGSTOP");
      const refused = await askUntilRefused(system).finally(() => process.kill(nats, "SIGCONT"));
      assert.deepEqual([refused.status, refused.code], [503, "overloaded"], refused.message);
      assert.match(refused.message, /outbox.* of 600 facts.*NATS.*bus\.outbox_max_facts/);
      assert.ok(refused.served > 5, `${refused.served} were served while NATS stood still`);
      assert.equal((await settledAttempts(system)).size, refused.served);
      await eventually(async () => assert.equal((await ask(system)).status, 200));
    },
  },
};

async function fullDisk(t: TestContext): Promise<void> {
  const disk = join(temporaryDirectory("disk"), "disk");
  mkdirSync(disk);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "tmpfs", disk]);
  if (mounted.status !== 0) {
    t.skip(`a small disk cannot be mounted here: ${mounted.stderr ?? mounted.error}`);
    return;
  }
  // Hooks run in order: the gateway stops before its disk goes.
  t.after(() => spawnSync("umount", ["--lazy", disk]));
  const system = await startSystem({ shape: "embedded", directory: join(disk, "data") });
  try {
    assert.equal((await ask(system)).status, 200);
    const filler = join(disk, "filler");
    fill(filler);
    const { status, code, message } = await askUntilRefused(system);
    assert.deepEqual([status, code], [503, "overloaded"], message);
    assert.match(message, /No room left for .*: the disk .* full\. Free disk space/);
    assert.equal((await fetch(`${system.url}/healthz`)).status, 200, "the process lives");
    rmSync(filler);
    await eventually(async () => assert.equal((await ask(system)).status, 200));
    await settledAttempts(system);
  } finally {
    await system.stop();
  }
}

/** Takes all the room there is; others may take some meanwhile, so the end is an error and not a figure. */
function fill(file: string): void {
  const block = Buffer.alloc(64 * 1024);
  try {
    for (;;) appendFileSync(file, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

for (const shape of shapes()) {
  for (const [sentence, prove] of Object.entries(proofs[shape])) test(`${sentence} (${shape})`, prove);
}
