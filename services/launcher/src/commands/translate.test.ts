import assert from "node:assert/strict";
import { Readable, Writable } from "node:stream";
import { test } from "node:test";
import type { CommandEnvironment } from "./environment.ts";
import { runCommand } from "./testing/run-command.ts";

interface Line {
  readonly id: string | number | null;
  readonly outcome: string;
  readonly openai: { readonly choices: readonly { readonly message: { readonly content: string } }[] } | null;
  readonly chunks:
    | readonly { readonly choices: readonly { readonly delta: object }[]; readonly usage?: object }[]
    | null;
  readonly usage: Readonly<Record<string, unknown>> | null;
  readonly error: Readonly<Record<string, unknown>> | null;
  readonly warnings: readonly string[];
}

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const plain = (message: object, finish_reason = "stop", over: object = {}) => ({
  provider: "openai",
  api: "chat",
  response: {
    status: 200,
    headers: {},
    body: { id: "c", model: "m", choices: [{ index: 0, message, finish_reason }], usage, ...over },
  },
});
const text = plain({ role: "assistant", content: "Hello" });
const streamed = (...events: object[]) => ({
  provider: "openai",
  api: "chat",
  response: { status: 200, sse: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("") },
});
const delta = (content: string, finish_reason: string | null = null) => ({
  id: "c",
  choices: [{ index: 0, delta: { content }, finish_reason }],
});

async function translate(input: string | CommandEnvironment["stdin"], ...flags: string[]) {
  const result = await runCommand(["translate", ...flags], { dataDirectory: "/nowhere", stdin: input });
  return {
    ...result,
    lines: result.stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Line),
  };
}

const all = (...exchanges: object[]) =>
  translate(exchanges.map((exchange) => `${JSON.stringify(exchange)}\n`).join(""));

test("a plain answer becomes the completion its caller would have got", async () => {
  const { lines, code, stderr } = await all({ id: "a", ...text });
  assert.deepEqual([code, stderr, lines.length], [0, "", 1]);
  const [line] = lines;
  assert.deepEqual(Object.keys(line ?? {}), ["id", "outcome", "openai", "chunks", "usage", "error", "warnings"]);
  assert.equal(line?.openai?.choices[0]?.message.content, "Hello");
  assert.equal(line?.usage?.["prompt_tokens"], 3);
  assert.deepEqual([line?.id, line?.outcome, line?.chunks, line?.error, line?.warnings], ["a", "ok", null, null, []]);
});

test("a stream becomes chunks too, with a usage chunk only if its request asked for one", async () => {
  const stream = streamed(delta("Hel"), { ...delta("lo", "stop"), usage });
  const asked = { request: { body: { stream_options: { include_usage: true } } } };
  const { lines } = await all({ id: 1, ...stream }, { id: 2, ...stream, ...asked });
  assert.deepEqual(
    lines.map(({ id }) => id),
    [1, 2],
  );
  const [without, withUsage] = lines.map(({ chunks }) => chunks ?? []);
  assert.deepEqual(
    without?.map(({ choices }) => choices[0]?.delta),
    [{ role: "assistant", content: "Hel" }, { content: "lo" }, {}],
  );
  assert.deepEqual(withUsage?.at(-1)?.choices, []);
  assert.equal(lines[0]?.openai?.choices[0]?.message.content, "Hello");
});

test("each way an exchange can end has its word", async () => {
  const failing = {
    provider: "openai",
    api: "chat",
    response: {
      status: 429,
      headers: { "Retry-After": "2" },
      body: { error: { message: "Slow down", code: "rate_limit_exceeded" } },
    },
  };
  const { lines } = await all(
    text,
    plain({ content: null, refusal: "No." }),
    plain({ content: "" }, "content_filter"),
    plain({ content: "He" }, "length"),
    plain({ content: " " }),
    plain({ content: "x" }, "error"),
    failing,
    streamed(delta("Hel")),
    streamed(delta("Hel"), { error: { message: "broke", code: "server_error" } }),
    { ...text, response: { status: 200, body: "<html>" } },
  );
  assert.deepEqual(
    lines.map(({ outcome, error }) => [outcome, error?.["code"]]),
    [
      ["ok", undefined],
      ["refused", undefined],
      ["blocked", undefined],
      ["truncated", undefined],
      ["empty", undefined],
      ["error", "upstream_bad_response"],
      ["error", "upstream_rate_limited"],
      ["error", "upstream_unavailable"],
      ["error", "upstream_unavailable"],
      ["error", "upstream_bad_response"],
    ],
  );
  const limited = lines[6];
  assert.equal(limited?.openai, null);
  assert.deepEqual(limited?.error, {
    code: "upstream_rate_limited",
    provider_code: "rate_limit_exceeded",
    retryable: true,
    retry_after_ms: 2_000,
    message: "Slow down",
  });
  for (const cut of lines.slice(7, 9)) {
    assert.equal(cut.openai, null);
    assert.deepEqual(
      cut.chunks?.map(({ choices }) => choices[0]?.delta),
      [{ role: "assistant", content: "Hel" }],
    );
  }
});

test("usage that was not said is null, not zero", async () => {
  const { lines } = await all(plain({ content: "Hi" }, "stop", { usage: undefined }));
  assert.equal(lines[0]?.usage, null);
});

test("a bad line says what is wrong and stops nothing; order is kept", async () => {
  const good = JSON.stringify({ id: "good", ...text });
  const other = JSON.stringify({ id: "other", ...text, api: "embeddings" });
  const form = JSON.stringify({ id: "form", provider: "p", api: "chat", response: { status: 200 } });
  const input = ["{", "[]", '{"id":7}', good, "", other, form, good].join("\r\n");
  const { lines, code } = await translate(input);
  assert.equal(code, 0);
  assert.deepEqual(
    lines.map(({ id, outcome }) => [id, outcome]),
    [
      [null, "error"],
      [null, "error"],
      [7, "error"],
      ["good", "ok"],
      ["other", "error"],
      ["form", "error"],
      ["good", "ok"],
    ],
  );
  const messages = lines.map(({ error }) => String(error?.["message"] ?? ""));
  assert.match(messages[0] ?? "", /not valid JSON/);
  assert.match(messages[2] ?? "", /provider/);
  assert.match(messages[4] ?? "", /"embeddings" cannot be read; these can: chat/);
  assert.match(messages[5] ?? "", /needs one of body, sse, ndjson/);
});

test("lines cut anywhere are read whole; one that is too long or not UTF-8 is passed over", async () => {
  const good = Buffer.from(`${JSON.stringify({ id: "é", ...plain({ content: "😀" }) })}\n`);
  const bytes = Readable.from(
    [...good, ...Buffer.from("x".repeat(400)), 10, 0xff, 10, ...good].map((byte) => Buffer.from([byte])),
  );
  const { lines } = await translate(bytes, "--line-bytes-max", "399");
  assert.deepEqual(
    lines.map(({ id }) => id),
    ["é", null, null, "é"],
  );
  assert.equal(lines[3]?.openai?.choices[0]?.message.content, "😀");
  assert.match(String(lines[1]?.error?.["message"]), /400 bytes; the limit is 399/);
  assert.match(String(lines[2]?.error?.["message"]), /not valid UTF-8/);
});

test("a reader that has seen enough ends the work without a fuss", async () => {
  let read = 0;
  const endless = Readable.from(
    (function* () {
      for (; read < 100_000; read++) yield Buffer.from(`${JSON.stringify({ id: read, ...text })}\n`);
    })(),
  );
  let taken = 0;
  const head = new Writable({
    write(_chunk, _encoding, done) {
      taken++;
      done(taken > 3 ? Object.assign(new Error("closed"), { code: "EPIPE" }) : undefined);
    },
  });
  const { code, stderr } = await runCommand(["translate"], { dataDirectory: "/nowhere", stdin: endless, stdout: head });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.ok(read < 1_000, `${read} lines were read`);
});

test("only a flag makes a summary, and it goes to standard error", async () => {
  const input = `${JSON.stringify(text)}\n`.repeat(2);
  const { stderr, lines } = await translate(`${input}nonsense\n`, "--summary");
  assert.equal(lines.length, 3);
  assert.equal(stderr, "sluice: 3 lines, 2 ok, 1 unreadable\n");
  assert.equal((await translate(input, "--line-bytes-max", "none")).code, 2);
});
