import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hashApiKey, newApiKey } from "@sluice/platform/ids";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { activeKey, batch, finish, head, openDoor, start, summary, type TestDoor, text } from "./ingress-door.ts";
import { readOpenAiSpec } from "./openai-spec.ts";

const spec = readOpenAiSpec();

type Json = Record<string, unknown>;

const OTHER_KEY = newApiKey();
const OTHER_HASH = hashApiKey(OTHER_KEY).toString("hex");

let door: TestDoor;
let seen: ChatRequest | undefined;
let pieces: Parameters<typeof batch> = [];

async function* answer(): AsyncIterable<RouteResponse> {
  yield head({ provider: "gemini" });
  yield batch(start, ...pieces);
  yield summary();
}

before(async () => {
  door = await openDoor({
    route: async function* (request) {
      seen = request.chat;
      yield* answer();
    },
    resolve: (hash) => activeKey(hash === OTHER_HASH ? { keyId: "key_2", tenantId: "org_2" } : {}),
    config: { stored_response_bytes_max: 4_096 },
  });
});
after(() => door.stop());

async function ask(method: string, path: string, body?: Json, key = door.key) {
  const response = await fetch(`${door.url}/v1/responses${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify({ model: "sim/small", ...body }) }),
  });
  return { status: response.status, json: (await response.json()) as Json };
}

async function created(body: Json): Promise<{ readonly id: string; readonly output: Json[] } & Json> {
  const { status, json } = await ask("POST", "", body);
  assert.equal(status, 200, JSON.stringify(json));
  spec?.check("Response", json);
  return json as { id: string; output: Json[] } & Json;
}

const said = (chat: ChatRequest | undefined) =>
  chat?.messages.map(({ role, parts }) => [role, parts.map(({ kind }) => kind?.$case).join(" ")]);

const errorOf = (json: Json) =>
  json["error"] as { readonly message: string; readonly code: string; readonly param: string };

test("a request continues what is kept, with signatures its caller never saw; instructions do not live on", async () => {
  const call = { call: 0, id: "call_1", name: "now", type: "function", argumentsJson: "{}", signature: "thought==" };
  pieces = [
    { event: { $case: "reasoning", value: { text: "Hm.", signature: "whole==" } } },
    { event: { $case: "toolCall", value: call } },
    finish(3, "tool_calls"),
  ];
  const first = await created({ input: "Time?", instructions: "Be short." });
  assert.equal(first["store"], true);
  assert.ok(!JSON.stringify(first).includes("encrypted_content"));
  assert.deepEqual(
    first.output.map(({ type }) => type),
    ["reasoning", "function_call"],
  );
  pieces = [text("Noon."), finish()];
  const result = { type: "function_call_output", call_id: "call_1", output: "12:00" };
  const second = await created({ input: [result], previous_response_id: first.id });
  assert.deepEqual(said(seen), [
    [3, "text"],
    [4, "reasoning toolCall"],
    [5, "toolResult"],
  ]);
  const [thought, called] = seen?.messages[1]?.parts.map(({ kind }) => kind?.value as unknown as Json) ?? [];
  assert.deepEqual([thought?.["signature"], thought?.["provider"]], ["whole==", "gemini"]);
  assert.deepEqual([called?.["signature"], called?.["provider"]], ["thought==", "gemini"]);

  pieces = [text("Yes."), finish()];
  const third = await created({ input: "Sure?", previous_response_id: second.id, store: false });
  assert.equal(third["store"], false);
  assert.equal(said(seen)?.length, 5);
  assert.equal((await ask("GET", `/${third.id}`)).status, 404);
});

test("a kept response is shown, listed and deleted, for its own organisation alone", async () => {
  pieces = [text("Hello"), finish()];
  const input = [
    { role: "user", content: [{ type: "input_image", image_url: "https://a.example/x.png" }] },
    { role: "assistant", content: "A cat." },
    { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
    { type: "function_call_output", call_id: "c", output: "1" },
    { role: "user", content: "Thanks" },
  ];
  const first = await created({ input, metadata: { a: "b" } });
  const shown = await ask("GET", `/${first.id}`);
  spec?.check("Response", shown.json);
  assert.deepEqual(shown.json, first);
  const second = await created({ input: "More", previous_response_id: first.id });
  const listed = await ask("GET", `/${second.id}/input_items?order=asc&limit=5`);
  spec?.check("ResponseItemList", listed.json);
  assert.deepEqual(
    (listed.json["data"] as Json[]).map(({ type }) => type),
    ["message", "message", "function_call", "function_call_output", "message"],
  );
  assert.equal(listed.json["has_more"], true);
  const rest = await ask("GET", `/${second.id}/input_items?order=asc&after=${listed.json["last_id"]}`);
  spec?.check("ResponseItemList", rest.json);
  assert.equal((rest.json["data"] as Json[]).length, 2);
  assert.equal(rest.json["has_more"], false);
  const bad = await ask("GET", `/${second.id}/input_items?limit=0`);
  assert.equal(errorOf(bad.json).param, "limit");

  for (const path of [`/${first.id}`, `/${first.id}/input_items`]) {
    const { status, json } = await ask("GET", path, undefined, OTHER_KEY);
    assert.deepEqual([status, errorOf(json).code], [404, "not_found"]);
  }
  const foreign = await ask("POST", "", { input: "x", previous_response_id: first.id }, OTHER_KEY);
  assert.deepEqual([foreign.status, errorOf(foreign.json).param], [404, "previous_response_id"]);
  assert.equal((await ask("DELETE", `/${first.id}`, undefined, OTHER_KEY)).status, 404);

  const deleted = await ask("DELETE", `/${first.id}`);
  assert.deepEqual(deleted.json, { id: first.id, object: "response", deleted: true });
  const gone = await ask("POST", "", { input: "x", previous_response_id: second.id });
  assert.equal(gone.status, 404);
  assert.match(errorOf(gone.json).message, new RegExp(first.id));
});

test("an item that is kept can be named by its id", async () => {
  pieces = [text("Hello"), finish()];
  const { output } = await created({ input: "Hi" });
  await created({
    input: [
      { type: "item_reference", id: output[0]?.["id"] },
      { role: "user", content: "Again" },
    ],
  });
  assert.deepEqual(said(seen), [
    [4, "text"],
    [3, "text"],
  ]);
  const wrong = await ask("POST", "", { input: [{ id: "msg_1" }] });
  assert.deepEqual([wrong.status, errorOf(wrong.json).param], [400, "input[0].id"]);
});

test("what is named often or at length is bounded as what is written out", async () => {
  pieces = [text("x".repeat(2_000)), finish()];
  const { output } = await created({ input: "Hi" });
  const input = Array.from({ length: 6_000 }, () => ({ type: "item_reference", id: output[0]?.["id"] }));
  const { status, json } = await ask("POST", "", { input });
  assert.equal(status, 400);
  assert.match(errorOf(json).message, /that input names have 1\d{7} bytes; at most 10485760 are taken/);
  assert.equal(errorOf(json).param, "input");
});

test("a response too large to be kept is answered and says that it is not kept", async () => {
  pieces = [text("x".repeat(5_000)), finish()];
  assert.equal((await created({ input: "Hi" }))["store"], false);
});

test("a response that is shown takes room among the bytes under way", async (t) => {
  pieces = [text("x".repeat(2_500)), finish()];
  const narrow = await openDoor({ route: answer, config: { in_flight_bytes_max: 1_500 } });
  t.after(() => narrow.stop());
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ model: "sim/small", input: "Hi" });
  const made = await narrow.fetch("/v1/responses", { method: "POST", headers, body });
  const { id, store } = (await made.json()) as { id: string; store: boolean };
  assert.equal(store, true);
  for (const path of ["", "/input_items"]) {
    const shown = await narrow.fetch(`/v1/responses/${id}${path}`);
    assert.equal(shown.status, 503);
    assert.match(errorOf((await shown.json()) as Json).message, /ingress\.in_flight_bytes_max/);
  }
  assert.equal((await narrow.fetch("/v1/responses/resp_none")).status, 404);
});

test("what is not built is refused by name", async () => {
  const cases: readonly (readonly [Json, string])[] = [
    [{ input: "x", background: true }, "background"],
    [{ input: "x", conversation: "conv_1" }, "conversation"],
    [{ input: "x", prompt: { id: "pmpt_1" } }, "prompt"],
    [{ input: "x", tools: [{ type: "web_search" }] }, "tools[0].type"],
    [{ input: "x", tool_choice: { type: "web_search" } }, "tool_choice.type"],
    [{ input: [{ role: "user", content: [{ type: "input_image" }] }] }, "input[0].content[0]"],
    [{ input: [{ type: "function_call_output", output: "1" }] }, "input[0].call_id"],
    [{ input: "x", include: ["everything"] }, "include[0]"],
    [{ input: "x", text: { format: { type: "json_schema" } } }, "text.format.schema"],
    [{}, "input"],
  ];
  for (const [body, param] of cases) {
    const { status, json } = await ask("POST", "", body);
    assert.deepEqual([status, errorOf(json).param], [400, param], JSON.stringify(json));
    spec?.check("ErrorResponse", json);
  }
});
