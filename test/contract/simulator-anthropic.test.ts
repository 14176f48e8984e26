import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { type Simulator, startSimulator } from "@sluice/simulator";

/** The simulator's Anthropic wire, read by the provider's own SDK. */

let simulator: Simulator;
let client: Anthropic;
before(async () => {
  simulator = await startSimulator({ pace: 0 });
  client = new Anthropic({ baseURL: simulator.url, apiKey: simulator.apiKey, maxRetries: 0 });
});
after(() => simulator.close());

const WEATHER: Anthropic.Tool = {
  name: "get_weather",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const ask = (content: string): Anthropic.MessageParam[] => [{ role: "user", content }];
const request = (model: string, content = "Tell me about gardening") => ({
  model,
  max_tokens: 2_000,
  messages: ask(content),
});
const textOf = (message: Anthropic.Message) =>
  message.content.map((block) => (block.type === "text" ? block.text : "")).join("");

test("a plain answer and the SDK's accumulated stream say the same", async () => {
  const plain = await client.messages.create(request("large"));
  const streamed = await client.messages.stream(request("large")).finalMessage();
  assert.match(textOf(plain), /gardening/);
  assert.equal(textOf(streamed), textOf(plain));
  assert.deepEqual(
    [streamed.stop_reason, streamed.usage.output_tokens, streamed.usage.input_tokens],
    ["end_turn", plain.usage.output_tokens, plain.usage.input_tokens],
  );
  const [bill] = simulator.bills().slice(-1);
  assert.deepEqual(
    [bill?.prompt_tokens, bill?.completion_tokens],
    [plain.usage.input_tokens, plain.usage.output_tokens],
  );
});

for (const [prompt, cities] of [
  ["What is the weather in Paris?", ["Paris"]],
  ["What is the weather in Paris and Oslo?", ["Paris", "Oslo"]],
] as const) {
  test(`tool calls, plain and streamed: ${cities.join(", ")}`, async () => {
    const asked = { ...request("small", prompt), tools: [WEATHER] };
    for (const answer of [await client.messages.create(asked), await client.messages.stream(asked).finalMessage()]) {
      const inputs = answer.content.flatMap((block) => (block.type === "tool_use" ? [block.input] : []));
      assert.deepEqual(
        inputs,
        cities.map((city) => ({ city })),
      );
      assert.equal(answer.stop_reason, "tool_use");
    }
  });
}

test("a tool without arguments streams an empty text and is called with an empty object", async () => {
  const tools: Anthropic.Tool[] = [{ name: "get_clock", input_schema: { type: "object" } }];
  const asked = { ...request("small", "Read the clock"), tools };
  const { content } = await client.messages.stream(asked).finalMessage();
  assert.deepEqual(
    content.map((block) => block.type === "tool_use" && block.input),
    [{}],
  );
});

test("thinking goes back as it came, and no other way", async () => {
  const asked = { ...request("reasoner", "What is the weather in Paris?"), tools: [WEATHER] };
  const thinking = { type: "enabled", budget_tokens: 1_024 } as const;
  const first = await client.messages.stream({ ...asked, thinking }).finalMessage();
  const [thought, call] = first.content;
  assert.ok(thought?.type === "thinking" && call?.type === "tool_use" && thought.signature !== "");
  assert.ok((first.usage.output_tokens_details?.thinking_tokens ?? 0) > 0);
  const next = (content: Anthropic.ContentBlockParam[]) =>
    client.messages.create({
      ...asked,
      messages: [
        ...asked.messages,
        { role: "assistant", content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "21 degrees" }] },
      ],
    });
  assert.match(textOf(await next(first.content)), /21 degrees/);
  const changed = [
    [{ ...thought, signature: `${thought.signature} ` }, call],
    [{ ...thought, signature: "" }, call],
    [{ ...thought, thinking: `${thought.thinking}.` }, call],
  ];
  for (const content of changed) {
    await assert.rejects(next(content), /messages\.1\.content\.0: Invalid `signature` in `thinking` block/);
  }
  await assert.rejects(next([call, thought]), /the first block must be `thinking`/);
});

test("withheld thoughts come as an opaque block and go back as such", async () => {
  const trigger = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING What is the weather in Paris?";
  const asked = { ...request("reasoner", trigger), tools: [WEATHER] };
  const plain = await client.messages.create(asked);
  const { content, usage } = await client.messages.stream(asked).finalMessage();
  assert.deepEqual([content, usage.output_tokens], [plain.content, plain.usage.output_tokens]);
  const [thought, call] = content;
  assert.ok(thought?.type === "redacted_thinking" && call?.type === "tool_use");
  const next = (data: string) =>
    client.messages.create({
      ...asked,
      messages: [
        ...asked.messages,
        { role: "assistant", content: [{ ...thought, data }, call] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "21 degrees" }] },
      ],
    });
  await next(thought.data);
  await assert.rejects(next(thought.data.slice(4)), /Invalid `data` in `redacted_thinking` block/);
});

test("every tool call is answered at once, and no result comes unasked", async () => {
  const use = (id: string) => ({ type: "tool_use" as const, id, name: "get_weather", input: {} });
  const result = (id: string) => ({ type: "tool_result" as const, tool_use_id: id, content: "21" });
  const send = (...turns: Anthropic.ContentBlockParam[][]) =>
    client.messages.create({
      ...request("small"),
      messages: [
        ...ask("Weather?"),
        ...turns.map((content, index) => ({
          role: index % 2 === 0 ? ("assistant" as const) : ("user" as const),
          content,
        })),
      ],
    });
  await send([use("a"), use("b")], [result("b"), result("a"), { type: "text", text: "So?" }]);
  await assert.rejects(send([use("a"), use("b")], [result("a")]), /without `tool_result` blocks.*: b\./);
  await assert.rejects(send([use("a")], [{ type: "text", text: "So?" }, result("a")]), /without `tool_result`/);
  await assert.rejects(send([use("a")], [result("a"), result("x")]), /unexpected `tool_use_id`.*: x\./);
  await assert.rejects(send([use("a.b")], [result("a.b")]), /String should match pattern/);
});

test("a structured answer fits its schema, and a stop sequence is named", async () => {
  const schema = { type: "object", properties: { age: { type: "integer" } }, required: ["age"] };
  const made = await client.messages.create({
    ...request("small"),
    output_config: { format: { type: "json_schema", schema } },
  });
  assert.ok(Number.isInteger(JSON.parse(textOf(made)).age));
  const whole = textOf(await client.messages.create(request("large")));
  const sequence = whole.slice(20, 25);
  const cut = await client.messages.create({ ...request("large"), stop_sequences: ["@@", sequence] });
  assert.deepEqual([cut.stop_reason, cut.stop_sequence], ["stop_sequence", sequence]);
  const short = await client.messages.create({ ...request("large"), max_tokens: 4 });
  assert.deepEqual([short.stop_reason, short.usage.output_tokens], ["max_tokens", 4]);
});

test("images are seen, and the cache stands beside the input", async () => {
  const source = { type: "base64", media_type: "image/png", data: "AAAA" } as const;
  const content: Anthropic.ContentBlockParam[] = [
    { type: "image", source },
    { type: "text", text: "What is this?" },
  ];
  const messages = [{ role: "user" as const, content }];
  assert.match(textOf(await client.messages.create({ ...request("small"), messages })), /I looked at 1 image\./);
  const { input_tokens: whole } = await client.messages.countTokens({ model: "small", messages });
  assert.equal(whole, 4 + 85 + "What is this?".length);
  const { usage } = await client.messages.create({ ...request("small+cached=50"), messages });
  assert.deepEqual([usage.input_tokens, usage.cache_read_input_tokens], [whole - 50, 50]);
});

test("a refusal without content, after content, and in plain words", async () => {
  const seen = await Promise.all(
    ["", "=1", "=2"].map((way) => client.messages.stream(request(`small+refusal${way}`)).finalMessage()),
  );
  assert.deepEqual(
    seen.map((message) => [message.stop_reason, message.stop_details?.type, textOf(message) !== ""]),
    [
      ["refusal", "refusal", false],
      ["refusal", "refusal", true],
      ["end_turn", undefined, true],
    ],
  );
});

test("errors arrive as the SDK's classes", async () => {
  const create = (model: string) => client.messages.create(request(model));
  await assert.rejects(create("small+429=3"), (error) => {
    assert.ok(error instanceof Anthropic.RateLimitError);
    return error.headers.get("retry-after") === "3" && error.type === "rate_limit_error";
  });
  await assert.rejects(create("small+503"), (error) => error instanceof Anthropic.APIError && error.status === 529);
  await assert.rejects(create("small+html"), Anthropic.InternalServerError);
  await assert.rejects(create("small+401"), Anthropic.AuthenticationError);
  await assert.rejects(create("small+400"), Anthropic.BadRequestError);
  await assert.rejects(create("nope"), Anthropic.NotFoundError);
  await assert.rejects(create("small+drop"), Anthropic.APIConnectionError);
  const wrong = new Anthropic({ baseURL: simulator.url, apiKey: "wrong", maxRetries: 0 });
  await assert.rejects(wrong.messages.create(request("small")), Anthropic.AuthenticationError);
  for (const model of ["small+inband-error", "small+inband-error=4"]) {
    await assert.rejects(client.messages.stream(request(model)).finalMessage(), /Overloaded/);
  }
  await assert.rejects(client.messages.stream(request("small+no-done")).finalMessage());
});

test("an aborted stream is billed as left by the client", async () => {
  const seen = simulator.bills().at(-1)?.sequence ?? 0;
  const stream = await client.messages.create({ ...request("exact+stall=5"), max_tokens: 50, stream: true });
  let events = 0;
  for await (const event of stream) {
    if (event.type !== "message_stop" && ++events === 5) stream.controller.abort();
  }
  const deadline = Date.now() + 5_000;
  while (simulator.bills(seen).length === 0 && Date.now() < deadline)
    await new Promise((resolve) => setImmediate(resolve));
  const [bill] = simulator.bills(seen);
  assert.deepEqual([bill?.outcome, bill?.completion_tokens], ["client_closed", 3]);
});

test("models are listed in this wire's shape", async () => {
  const { data } = await client.models.list();
  assert.deepEqual(
    data.map((model) => model.id),
    ["small", "large", "reasoner", "exact"],
  );
});
