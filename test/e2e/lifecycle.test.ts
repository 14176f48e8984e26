// shapes: embedded distributed
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { cleanEnvironment, eventually, freePort, startNode, temporaryDirectory } from "../harness/index.ts";
import { type System, shapes, startSystem } from "../harness/system.ts";
import { budgetRow } from "./support/books.ts";
import { chat } from "./support/chat.ts";
import { settledAttempts } from "./support/settled.ts";

const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = join(CHECKOUT, "services/launcher/src/main.ts");
/** Generous: the promise is two seconds on a machine that does nothing else. */
const READY_MS_MAX = 10_000;
/** Three seconds of text: long enough to be in flight while the gateway is told to stop. */
const LONG = "sim/large+length=300";

for (const shape of shapes()) {
  test(`told to stop, it finishes the streams in flight and takes nothing new (${shape})`, async (t: TestContext) => {
    const system = await startSystem({ shape, pace: 1, tokensPerSecond: 100 });
    t.after(() => system.stop());
    const stream = await openStream(system);
    const ended = system.terminate();
    let refusedDuring = false;
    const refusals = eventually(async () => {
      const outcome = await chat({
        url: system.url,
        apiKey: system.apiKey,
        model: "sim/small",
        maxTokens: 5,
        stream: false,
      });
      assert.equal(outcome.ok, false);
      assert.ok(outcome.status === 503 || outcome.status === 0, `${outcome.status} ${outcome.code}`);
      refusedDuring = !stream.over();
    });
    await refusals;
    assert.ok(refusedDuring, "new requests are refused while the stream goes on");
    const text = await stream.rest();
    assert.match(text, /"finish_reason":"stop"/);
    assert.match(text, /data: \[DONE\]\n\n$/);
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.equal(system.simulator.bills().at(-1)?.completion_tokens, 300);
  });

  test(`stopped and started again, it knows its keys, budgets and balances (${shape})`, async (t: TestContext) => {
    const system = await startSystem({ shape });
    t.after(() => system.stop());
    const key = await system.createKey(["--budget-usd", "1"]);
    const ask = { url: system.url, apiKey: key.secret, model: "sim/small", maxTokens: 20, stream: true };
    assert.equal((await chat(ask)).status, 200);
    await settledAttempts(system);
    const before = await budgetRow(system, "key", key.id);
    assert.deepEqual(await system.terminate(), { code: 0, signal: null });
    await system.restart();
    await system.ready();
    assert.deepEqual(await budgetRow(system, "key", key.id), before);
    assert.notEqual(before.spent, "0");
    assert.equal((await chat(ask)).status, 200);
    assert.equal((await chat({ ...ask, apiKey: system.apiKey })).status, 200);
    assert.equal((await settledAttempts(system)).size, 3);
  });
}

if (shapes().includes("embedded")) {
  test("killed with -9, the data directory can be used at once (embedded)", async (t: TestContext) => {
    const system = await startSystem({
      shape: "embedded",
      settings: { "router.hold_ttl_ms": 2_000 },
      pace: 1,
      tokensPerSecond: 100,
    });
    t.after(() => system.stop());
    await openStream(system);
    system.kill("up");
    const since = performance.now();
    await system.restart();
    t.diagnostic(`ready ${Math.round(performance.now() - since)} ms after kill -9`);
    const outcome = await chat({
      url: system.url,
      apiKey: system.apiKey,
      model: "sim/small",
      maxTokens: 5,
      stream: false,
    });
    assert.equal(outcome.status, 200);
    await eventually(async () => assert.equal((await budgetRow(system, "org")).open_holds, 0), { intervalMs: 200 });
  });

  test("a first start is ready soon (embedded)", async (t: TestContext) => {
    const since = performance.now();
    const directory = temporaryDirectory("start");
    const child = startNode(PROGRAM, { args: ["up", "--json", "--port", "0", "--data-dir", directory] });
    t.after(() => child.kill());
    await child.line(/^\{"event":"ready".*"api_key":"sk-sluice-/);
    const tookMs = Math.round(performance.now() - since);
    t.diagnostic(`ready ${tookMs} ms after the start of the process`);
    assert.ok(tookMs < READY_MS_MAX, `${tookMs} ms`);
    assert.deepEqual(await child.end("SIGTERM"), { code: 0, signal: null });
  });

  test("npm start that is told to stop leaves no server (embedded)", async (t: TestContext) => {
    const directory = temporaryDirectory("npm");
    const port = await freePort();
    const args = ["start", "--", "--port", String(port), "--data-dir", directory];
    const npm = spawn("npm", args, { cwd: CHECKOUT, stdio: "ignore", env: cleanEnvironment() });
    t.after(() => npm.kill("SIGKILL"));
    await eventually(async () => assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200));
    const { pid } = JSON.parse(readFileSync(join(directory, "writer.json"), "utf8")) as { pid: number };
    assert.ok(isAlive(pid));
    npm.kill("SIGTERM");
    await eventually(() => !isAlive(pid));
    await assert.rejects(fetch(`http://127.0.0.1:${port}/readyz`));
  });
}

interface OpenStream {
  over(): boolean;
  /** Reads to the end; all text there was. */
  rest(): Promise<string>;
}

/** Asks for a long stream and reads its first content. */
async function openStream(system: System): Promise<OpenStream> {
  const response = await fetch(`${system.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model: LONG, stream: true, messages: [{ role: "user", content: "Hello" }] }),
  });
  assert.equal(response.status, 200);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader);
  let text = "";
  let over = false;
  const read = async (): Promise<void> => {
    const { done, value } = await reader.read();
    over = done;
    text += value ?? "";
  };
  while (!text.includes('"content":') && !over) await read();
  const rest = (async () => {
    while (!over) await read();
    return text;
  })();
  // Whoever does not ask for the rest does not care how it ends.
  rest.catch(() => undefined);
  return { over: () => over, rest: () => rest };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    return false;
  }
}
