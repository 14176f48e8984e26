// shapes: embedded distributed
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative } from "node:path";
import { test } from "node:test";
import { type System, shapes, startSystem } from "../harness/system.ts";
import { chat } from "./support/chat.ts";
import { filesWith } from "./support/search-files.ts";

const MODELS = ["small", "exact+cut=2", "exact+inband-error", "exact+400", "exact+503", "exact+malformed", "empty"];
/** Nothing here is shaped like a credential: it has to be kept back because of what it is, not of how it looks. */
const PROMPT = `canary-prompt-${randomBytes(9).toString("hex")}`;
const PROVIDER_KEY = `canary-key-${randomBytes(9).toString("hex")}`;

for (const shape of shapes()) {
  test(`prompts, keys and passwords stay where they belong (${shape})`, async () => {
    const upstream = await startTelltale();
    const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`;
    const providers = () => ({ telltale: { base_url: url, models: [{ id: "one", price_id: "sim/small" }] } });
    const system = await startSystem({ shape, providers, settings: { "log.level": "debug" } });
    try {
      await useEverything(system);
      await searchEverything(system);
    } finally {
      await system.stop();
      upstream.close();
      upstream.closeAllConnections();
    }
  });
}

/** A provider that repeats the key and the prompt it was sent, as some do. */
async function startTelltale(): Promise<Server> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += String(piece);
    const message = `Cannot use ${request.headers.authorization} for ${body}`;
    response.writeHead(400, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message, type: "invalid_request_error", code: "odd" } }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function useEverything(system: System): Promise<void> {
  const stored = await system.command(["secrets", "set", "telltale"], PROVIDER_KEY);
  assert.equal(stored.code, 0, stored.stderr);
  assert.doesNotMatch(stored.stdout + stored.stderr, new RegExp(PROVIDER_KEY));
  const call = { url: system.url, apiKey: system.apiKey, maxTokens: 20, text: PROMPT };
  for (const model of [...MODELS.map((name) => `sim/${name}`), "telltale/one", "none/such"]) {
    for (const stream of [false, true]) await chat({ ...call, model, stream });
  }
  const told = await chat({ ...call, model: "telltale/one", stream: false });
  assert.equal(told.code, "upstream_invalid_request");
  await chat({ ...call, apiKey: `${system.apiKey.slice(0, -1)}-`, model: "sim/small", stream: false });
  const broken = await fetch(`${system.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
    body: `{"model": "sim/small", "messages": [{"role": "user", "content": "${PROMPT}" oops`,
  });
  assert.doesNotMatch(await broken.text(), new RegExp(PROMPT));
}

async function searchEverything(system: System): Promise<void> {
  const read = (file: string): string => readFileSync(join(system.dataDirectory, file), "utf8").trim();
  const nowhere = [PROMPT, PROVIDER_KEY, system.apiKey, system.simulator.apiKey];
  const kept = ["installation.secret", "admin.token"].map(read);
  assertOwnerOnly(system.dataDirectory);
  if (system.shape === "distributed")
    kept.push(...["nats", "redis", "postgres"].map((name) => read(`${name}/password`)));

  const tail = await system.command(["tail", "all", "--from-start", "--no-follow"]);
  assert.match(tail.stdout, /attempt\.metered/);
  const metrics = await metricsOf(system);
  const places: Record<string, string> = { "the log": system.log(), events: tail.stdout, metrics };
  for (const [name, pid] of Object.entries(system.pids())) {
    places[`arguments of ${name}`] = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    places[`environment of ${name}`] = readFileSync(`/proc/${pid}/environ`, "utf8");
  }
  for (const [place, text] of Object.entries(places)) {
    for (const secret of [...nowhere, ...kept])
      assert.ok(!text.includes(secret), `${place} shows ${excerpt(text, secret)}`);
  }
  for (const secret of nowhere) assert.deepEqual(filesWith(system.dataDirectory, secret), [], `files with ${secret}`);
  for (const secret of kept) {
    for (const file of filesWith(system.dataDirectory, secret)) assert.match(file, /(secret|token|password|\.conf)$/);
  }
}

/** The metrics of every process: of the only one by its own door, of many by their operations doors. */
async function metricsOf(system: System): Promise<string> {
  if (system.shape === "embedded") return scrape(system.url, system.dataDirectory);
  const { ops } = JSON.parse(readFileSync(join(system.dataDirectory, "processes.json"), "utf8")) as {
    readonly ops: Readonly<Record<string, string>>;
  };
  assert.ok(Object.keys(ops).length >= 8);
  const scraped = Object.entries(ops).map(([name, url]) => scrape(url, join(system.dataDirectory, name)));
  const texts = await Promise.all(scraped);
  return texts.join("\n");
}

async function scrape(url: string, directory: string): Promise<string> {
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  assert.equal((await fetch(`${url}/metrics`)).status, 401);
  const token = readFileSync(join(directory, "metrics.token"), "utf8").trim();
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 200);
  return response.text();
}

/** PostgreSQL's user has to pass through one folder when it is another than ours; nothing else lets others in. */
function assertOwnerOnly(directory: string): void {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const open = entries
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => ((lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0)
    .map((path) => relative(directory, path));
  assert.deepEqual(
    open.filter((path) => path !== "postgres"),
    [],
  );
}

function excerpt(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return text.slice(Math.max(0, at - 200), at + secret.length + 50);
}
