import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import type { RouteOptions } from "@sluice/proto/router/v1/router_service";
import OpenAI from "openai";
import { type DoorOptions, hello, openDoor, type TestDoor } from "./ingress-door.ts";

const doors: TestDoor[] = [];
after(() => Promise.all(doors.map((door) => door.stop())));

async function open(options: DoorOptions): Promise<TestDoor> {
  const door = await openDoor(options);
  doors.push(door);
  return door;
}

const ask = { model: "sim/small", messages: [{ role: "user" as const, content: "Hi" }] };
const streamed = { ...ask, stream: true as const };

/** Reads the whole answer; `onText` sees what has come so far. */
async function readAll(response: Response, onText: (text: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  let all = "";
  for await (const bytes of response.body ?? []) {
    all += decoder.decode(bytes, { stream: true });
    onText(all);
  }
  return all;
}

test("a stream whose answer is held back long gets headers and comments, then the whole answer", async () => {
  const go = Promise.withResolvers<void>();
  const door = await open({
    config: { first_byte_ms: 10 },
    route: async function* (request, call) {
      await go.promise;
      yield* hello(request, call);
    },
  });
  const response = await door.chat(streamed);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  assert.equal(response.headers.get("x-sluice-provider"), null);
  assert.match(response.headers.get("x-sluice-request-id") ?? "", /^req_/);
  const all = await readAll(response, (text) => {
    if (/^(: waiting\n\n){2}/.test(text)) go.resolve();
  });
  assert.match(all, /^(: waiting\n\n){2,}data: .*"Hello"/);
  assert.match(all, /"x_sluice":\{[^}]*"provider":"sim"/);
  assert.ok(all.endsWith("data: [DONE]\n\n"));
});

test("a failure after such a wait is an error event that OpenAI's client raises", async () => {
  const heard = Promise.withResolvers<void>();
  const door = await open({
    config: { first_byte_ms: 10 },
    route: async function* () {
      await heard.promise;
      yield* [];
      throw new SluiceError("upstream_overloaded", "Every candidate is overloaded.");
    },
  });
  const openai = new OpenAI({ baseURL: `${door.url}/v1`, apiKey: door.key, maxRetries: 0 });
  const { data, response } = await openai.chat.completions.create(streamed).withResponse();
  assert.equal(response.status, 200);
  heard.resolve();
  const chunks: unknown[] = [];
  const error = await (async () => {
    for await (const chunk of data) chunks.push(chunk);
    return undefined;
  })().catch((thrown: unknown) => thrown);
  assert.ok(error instanceof OpenAI.APIError);
  assert.equal(error.code, "upstream_overloaded");
  assert.deepEqual(chunks, []);
});

test("before that time a failure is an ordinary HTTP error, and plain answers never begin early", async () => {
  const go = Promise.withResolvers<void>();
  const failing = await open({
    route: async function* () {
      yield* [];
      throw new SluiceError("upstream_overloaded", "Every candidate is overloaded.");
    },
  });
  assert.equal((await failing.chat(streamed)).status, 503);
  const slow = await open({
    config: { first_byte_ms: 10 },
    route: async function* (request, call) {
      await go.promise;
      yield* hello(request, call);
    },
  });
  const plain = slow.chat(ask);
  await readAll(await slow.chat(streamed), (text) => {
    if (/(: waiting\n\n){3}/.test(text)) go.resolve();
  });
  const response = await plain;
  assert.equal(response.headers.get("x-sluice-provider"), "sim");
  assert.match(await response.text(), /^\{/);
});

test("wishes about routing come in headers; other values are refused by name", async () => {
  const seen: (RouteOptions | undefined)[] = [];
  const door = await open({
    route: async function* (request, call) {
      seen.push(request.options);
      yield* hello(request, call);
    },
  });
  const send = (headers: Record<string, string>) => door.chat(ask, { headers });
  await (await send({})).text();
  await (await send({ "x-sluice-failover": "off", "x-sluice-validation": "Strict" })).text();
  await (await send({ "x-sluice-failover": "on" })).text();
  await (await send({ "x-sluice-validation": "observe" })).text();
  assert.deepEqual(seen, [
    undefined,
    { allowFailover: false, validationLevel: "strict" },
    { allowFailover: true, validationLevel: "" },
    { allowFailover: undefined, validationLevel: "observe" },
  ]);
  const refused = await send({ "x-sluice-validation": "maybe" });
  assert.equal(refused.status, 400);
  const { error } = (await refused.json()) as { error: { message: string; param: string; code: string } };
  assert.equal(
    error.message,
    'The header x-sluice-validation must be one of "off", "observe", "guard", "strict"; got "maybe".',
  );
  assert.deepEqual([error.param, error.code], ["x-sluice-validation", "invalid_request"]);
  assert.equal((await send({ "x-sluice-failover": "" })).status, 400);
  assert.equal(seen.length, 4);
});
