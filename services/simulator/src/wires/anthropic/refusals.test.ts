import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Simulator, startSimulator } from "../../simulator.ts";

let simulator: Simulator;
before(async () => {
  simulator = await startSimulator({ pace: 0, bodyBytesMax: 100_000 });
});
after(() => simulator.close());

const MESSAGES = [{ role: "user", content: "Hi" }];
const VERSION = { "anthropic-version": "2023-06-01" };

async function send(body: string, headers: Record<string, string> = VERSION, path = "/v1/messages") {
  const response = await fetch(`${simulator.url}${path}`, {
    method: "POST",
    headers: { "x-api-key": simulator.apiKey, ...headers },
    body,
  });
  return { response, status: response.status, answer: JSON.parse(await response.text()) };
}

const user = (content: unknown) => ({ messages: [{ role: "user", content }] });
const thinking = { type: "enabled", budget_tokens: 1_024 };

const INVALID: readonly [string, object, RegExp][] = [
  ["no model", { model: undefined }, /^model: Field required/],
  ["no limit", { max_tokens: undefined }, /^max_tokens: Field required/],
  ["a limit of zero", { max_tokens: 0 }, /^max_tokens: .*greater than or equal to 1/],
  ["no messages", { messages: undefined }, /^messages: Field required/],
  ["no message", { messages: [] }, /at least one message is required/],
  ["a message of a wrong type", { messages: ["Hi"] }, /^messages\.0: Input does not match the expected shape/],
  ["a system message", { messages: [{ role: "system", content: "Hi" }] }, /Unexpected role "system"/],
  ["an assistant who begins", { messages: [{ role: "assistant", content: "Hi" }] }, /must use the "user" role/],
  ["an empty text", user(""), /must have non-empty content/],
  ["an empty block", user([{ type: "text", text: "" }]), /text content blocks must be non-empty/],
  ["an empty system block", { system: [{ type: "text", text: "" }] }, /^system: /],
  ["an unknown block", user([{ type: "image_url" }]), /^messages\.0\.content\.0: Input tag 'image_url'/],
  ["an unknown field", { n: 2 }, /^n: Extra inputs are not permitted/],
  ["an unknown label", { metadata: { trace: "a" } }, /^metadata\.trace: Extra inputs/],
  ["a temperature too high", { temperature: 1.5 }, /^temperature: range: 0\.\.1/],
  ["a nameless tool", { tools: [{ input_schema: { type: "object" } }] }, /^tools\.0\.custom\.name: Field required/],
  ["a tool without schema", { tools: [{ name: "now" }] }, /^tools\.0\.custom\.input_schema: Field required/],
  ["a choice that is no tool", { tool_choice: { type: "tool", name: "x" } }, /Tool 'x' not found/],
  ["an unknown choice", { tool_choice: { type: "required" } }, /^tool_choice: Input tag 'required'/],
  ["an unknown form", { output_config: { format: { type: "json_object" } } }, /should be 'json_schema'/],
  ["a budget too small", { thinking: { type: "enabled", budget_tokens: 1 } }, /equal to 1024/],
  ["a budget over the limit", { thinking, max_tokens: 1_024 }, /must be greater than `thinking\.budget_tokens`/],
  ["a temperature while thinking", { thinking, max_tokens: 2_000, temperature: 0 }, /may only be set to 1/],
  ["a forced tool while thinking", { thinking, max_tokens: 2_000, tool_choice: { type: "any" } }, /forces tool use/],
  [
    "trailing white space to go on from",
    { messages: [...MESSAGES, { role: "assistant", content: "So " }] },
    /cannot end with trailing whitespace/,
  ],
];
for (const [name, change, message] of INVALID) {
  test(`${name} is refused`, async () => {
    const body = JSON.stringify({ model: "small", max_tokens: 9, messages: MESSAGES, ...change });
    const { status, answer } = await send(body);
    assert.deepEqual([status, answer.type, answer.error.type], [400, "error", "invalid_request_error"]);
    assert.match(answer.error.message, message);
  });
}

test("broken bodies, a wrong key, an unknown path: each in this wire's shape with the request's id", async () => {
  const seen = simulator.bills().at(-1)?.sequence ?? 0;
  const deep = `{"model":"small","max_tokens":9,"messages":[{"role":"user","content":"a"}],"tools":[{"name":"a","input_schema":{"type":"object","x":${"[".repeat(40_000)}${"]".repeat(40_000)}}}]}`;
  for (const body of ["", "{", "[]", "null"]) assert.equal((await send(body)).status, 400);
  assert.ok(simulator.bills(seen).every((bill) => bill.outcome === "refused" && bill.prompt_tokens === 0));
  assert.ok((await send(deep)).status < 500);
  const wrong = await send("{}", { "x-api-key": "wrong" });
  assert.deepEqual([wrong.status, wrong.answer.error.type], [401, "authentication_error"]);
  assert.equal(wrong.answer.request_id, wrong.response.headers.get("request-id"));
  const unknown = await send("{}", VERSION, "/v1/messages/batches");
  assert.deepEqual([unknown.status, unknown.answer.error.type], [404, "not_found_error"]);
  assert.equal((await send("x".repeat(200_000))).answer.error.type, "request_too_large");
  const body = JSON.stringify({ model: "small", max_tokens: 9, messages: MESSAGES });
  assert.match((await send(body, {})).answer.error.message, /anthropic-version: header is required/);
});

test("neighbours of one role are one turn, so that results may stand in messages of their own", async () => {
  const call = (id: string) => ({ type: "tool_use", id, name: "now", input: {} });
  const result = (id: string) => ({ role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "12" }] });
  const messages = [...MESSAGES, { role: "assistant", content: [call("a"), call("b")] }, result("a"), result("b")];
  const { status } = await send(JSON.stringify({ model: "small", max_tokens: 9, messages }));
  assert.equal(status, 200);
});
