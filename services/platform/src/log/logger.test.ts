import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "../errors/index.ts";
import { createLogger, isSecretName, redactText } from "./index.ts";

function capture(level: "debug" | "info" = "info") {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  return { lines, log: createLogger({ level, service: "ledger", destination }) };
}

test("one JSON line per fact, with service, level, time and fields", () => {
  const { lines, log } = capture();
  log.info({ tenant_id: "acme", duration_ms: 3, cost_nanousd: 9_007_199_254_740_993n, model: undefined }, "posted");
  log.warn("plain");
  log.debug({ a: 1 }, "not written");
  assert.equal(lines.length, 2);
  const { time, ...rest } = lines[0] ?? {};
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.deepEqual(rest, {
    level: "info",
    service: "ledger",
    tenant_id: "acme",
    duration_ms: 3,
    cost_nanousd: "9007199254740993",
    msg: "posted",
  });
});

test("children add their fields and keep the level", () => {
  const { lines, log } = capture();
  log.child({ request_id: "req_1" }).child({ attempt: "att_1", api_key: "k" }).info("started");
  assert.equal(lines[0]?.["request_id"], "req_1");
  assert.equal(lines[0]?.["attempt"], "att_1");
  assert.equal(lines[0]?.["api_key"], "[redacted]");
  assert.equal(log.enabled("debug"), false);
  assert.equal(log.enabled("error"), true);
});

test("secrets by name or by shape, and nested values, never reach a line", () => {
  const { lines, log } = capture();
  const key = ["sk", "ant", "abcdefghijkl".repeat(3)].join("-");
  log.info({ authorization: "x", "x-api-key": "y", cookie: "z", accessToken: "t", detail: `key ${key} here` }, "m");
  log.info({ body: { messages: ["prompt"] }, list: ["prompt"] }, "m");
  log.error({ err: new Error(`upstream said ${key}`, { cause: new Error(`Bearer ${"a".repeat(32)}`) }) }, "failed");
  const text = JSON.stringify(lines);
  assert.doesNotMatch(text, /abcdefghijkl|prompt|aaaaaaaa|"[xyzt]"/);
  assert.equal(lines[0]?.["detail"], "key [redacted] here");
  assert.equal(lines[1]?.["body"], "[object left out]");
  assert.match(String(lines[2]?.["err"]), /upstream said \[redacted\][\s\S]*caused by: Error: \[redacted\]/);
});

test("an expected error is its message and code, a broken invariant has its stack", () => {
  const { lines, log } = capture();
  log.info({ err: new SluiceError("budget_exhausted", "limit 5") }, "refused");
  log.error({ err: new SluiceError("internal", "broken") }, "failed");
  assert.equal(lines[0]?.["err"], "limit 5");
  assert.equal(lines[0]?.["error_code"], "budget_exhausted");
  assert.match(String(lines[1]?.["err"]), /broken\n\s+at /);
});

test("long texts are cut", () => {
  const { lines, log } = capture();
  log.info({ note: "n".repeat(100_000) }, "long");
  assert.equal(String(lines[0]?.["note"]).length, 2_001);
});

test("names that hold secrets are told from names that count or point", () => {
  for (const name of [
    "api_key",
    "apiKey",
    "apikey",
    "OPENAI_API_KEY",
    "token",
    "password",
    "client_secret",
    "set-cookie",
  ]) {
    assert.equal(isSecretName(name), true, name);
  }
  for (const name of [
    "input_tokens",
    "token_count",
    "secret_file",
    "password_file",
    "key_id",
    "authorized",
    "tokenizer",
  ]) {
    assert.equal(isSecretName(name), false, name);
  }
});

test("a text without secrets is returned as it is", () => {
  assert.equal(redactText("risk-based sk- masked bearer of news"), "risk-based sk- masked bearer of news");
});

test("a text made to slow the search for credentials down is searched at once", () => {
  const from = process.cpuUsage();
  for (const piece of ["eyJ-", "eyJaaaaaaaa.eyJ", "sk-", "Bearer ", "hf-", "-----BEGIN "])
    redactText(piece.repeat(20_000));
  const { user } = process.cpuUsage(from);
  assert.ok(user < 2_000_000, `${user} microseconds`);
  const token = `eyJ${"a".repeat(20)}.${"b".repeat(20)}.${"c".repeat(20)}`;
  assert.equal(redactText(`token ${token}, end`), "token [redacted], end");
});
