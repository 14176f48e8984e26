import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { type Simulator, startSimulator } from "../../simulator.ts";

const BODY_BYTES_MAX = 100_000;
let simulator: Simulator;
before(async () => {
  simulator = await startSimulator({ pace: 0, bodyBytesMax: BODY_BYTES_MAX });
});
after(() => simulator.close());

const MESSAGES = [{ role: "user", content: "Hi" }];

async function send(body: string, key = simulator.apiKey): Promise<{ status: number; error: Record<string, unknown> }> {
  const response = await fetch(`${simulator.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body,
  });
  return { status: response.status, error: JSON.parse(await response.text()).error };
}

const INVALID: readonly [string, unknown, string | null][] = [
  ["no messages", { messages: undefined }, "messages"],
  ["messages of a wrong type", { messages: "Hi" }, "messages"],
  ["no message", { messages: [] }, "messages"],
  ["a message of a wrong type", { messages: ["Hi"] }, "messages[0]"],
  ["an unknown role", { messages: [{ role: "boss", content: "Hi" }] }, "messages[0].role"],
  ["content of a wrong type", { messages: [{ role: "user", content: 1 }] }, "messages[0].content"],
  ["no model", { model: undefined }, "model"],
  ["a limit of zero", { max_tokens: 0 }, "max_tokens"],
  ["a limit too high", { max_completion_tokens: 100_001 }, "max_completion_tokens"],
  ["half a choice", { n: 0.5 }, "n"],
  ["too many choices", { n: 17 }, "n"],
  ["a temperature too high", { temperature: 3 }, "temperature"],
  ["too many stop sequences", { stop: ["a", "b", "c", "d", "e"] }, "stop"],
  ["a nameless tool", { tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
  ["a choice that is no tool", { tool_choice: { type: "function", function: { name: "x" } } }, "tool_choice"],
  ["an unknown format", { response_format: { type: "xml" } }, "response_format.type"],
  ["a format without schema", { response_format: { type: "json_schema" } }, "response_format.json_schema.schema"],
];
for (const [name, change, param] of INVALID) {
  test(`${name} is refused, naming the parameter`, async () => {
    const { status, error } = await send(JSON.stringify({ model: "small", messages: MESSAGES, ...(change as object) }));
    assert.deepEqual([status, error["type"], error["param"]], [400, "invalid_request_error", param]);
  });
}

test("broken bodies are refused, each with one bill of nothing", async () => {
  const seen = simulator.bills().at(-1)?.sequence ?? 0;
  const deep = `{"model":"small","messages":[{"role":"user","content":"a"}],"tools":${"[".repeat(40_000)}${"]".repeat(40_000)}}`;
  const bodies = ["", "{", "[]", "null", '"x"', '{"status":200,"type":"x","message":"y"}', deep];
  for (const body of bodies) assert.equal((await send(body)).status, 400, body.slice(0, 40));
  const bills = simulator.bills(seen);
  assert.equal(bills.length, bodies.length);
  assert.ok(bills.every((bill) => bill.outcome === "refused" && bill.prompt_tokens + bill.completion_tokens === 0));
});

test("a body over the limit is refused, announced or not", async () => {
  const big = JSON.stringify({ model: "small", messages: [{ role: "user", content: "a".repeat(BODY_BYTES_MAX) }] });
  assert.equal((await send(big)).status, 413);
  const status = await new Promise((resolve, reject) => {
    const { port, apiKey } = simulator;
    const headers = { authorization: `Bearer ${apiKey}`, "transfer-encoding": "chunked" };
    const call = request({ port, method: "POST", path: "/v1/chat/completions", headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.once("error", reject);
    // Not ended: the limit must act before the body does.
    call.write(big);
    call.write(big);
  });
  assert.equal(status, 413);
});

test("a wrong or missing key is refused everywhere", async () => {
  const { status, error } = await send(JSON.stringify({ model: "small", messages: MESSAGES }), "wrong");
  assert.deepEqual([status, error["code"]], [401, "invalid_api_key"]);
  for (const path of ["/v1/models", "/sim/bills"]) assert.equal((await fetch(simulator.url + path)).status, 401);
});

test("unknown paths and methods are told in the wire's shape", async () => {
  const unknown = await fetch(`${simulator.url}/v1/nothing`);
  assert.equal(unknown.status, 404);
  assert.match(JSON.parse(await unknown.text()).error.message, /Invalid URL \(GET \/v1\/nothing\)/);
  assert.equal((await fetch(`${simulator.url}/v1/chat/completions`)).status, 405);
});

test("bills are listed after a sequence and cleared", async () => {
  const headers = { authorization: `Bearer ${simulator.apiKey}` };
  await send("{");
  await send("{");
  const last = simulator.bills().at(-1)?.sequence ?? 0;
  const read = async (query: string) =>
    JSON.parse(await (await fetch(`${simulator.url}/sim/bills${query}`, { headers })).text());
  assert.equal((await read(`?after=${last - 1}`)).bills.length, 1);
  assert.deepEqual(await read(`?after=${last - 2}&limit=1`).then((page) => [page.bills.length, page.next]), [
    1,
    last - 1,
  ]);
  await fetch(`${simulator.url}/sim/bills`, { method: "DELETE", headers });
  assert.deepEqual(await read(""), { bills: [], next: 0 });
});

test("draining lets an answer in flight finish, closing does not wait", async (context) => {
  const paced = await startSimulator({ ttftMs: 50, tokensPerSecond: 0 });
  context.after(() => paced.close());
  const call = fetch(`${paced.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${paced.apiKey}` },
    body: JSON.stringify({ model: "small+slow=200", stream: true, messages: MESSAGES }),
  });
  const response = await call;
  await paced.drain(5_000);
  assert.match(await response.text(), /\[DONE\]/);
  assert.equal(paced.bills()[0]?.outcome, "completed");
  await assert.rejects(fetch(`${paced.url}/v1/models`));
});
