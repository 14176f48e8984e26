import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Simulator, startSimulator } from "@sluice/simulator";
import OpenAI from "openai";

let simulator: Simulator;
let client: OpenAI;
before(async () => {
  simulator = await startSimulator({ pace: 0 });
  client = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: simulator.apiKey, maxRetries: 0 });
});
after(() => simulator.close());

const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
} as const;
const ask = (content: string) => [{ role: "user" as const, content }];

test("a plain answer", async () => {
  const answer = await client.chat.completions.create({ model: "small", messages: ask("Tell me about gardening") });
  assert.match(answer.choices[0]?.message.content ?? "", /gardening/);
  assert.equal(answer.choices[0]?.finish_reason, "stop");
  assert.ok((answer.usage?.total_tokens ?? 0) > 0);
});

test("a streamed answer with usage, and a reasoner's", async () => {
  const messages = ask("Tell me about gardening");
  const options = { stream: true, stream_options: { include_usage: true } } as const;
  let pieces = 0;
  let usage: OpenAI.CompletionUsage | undefined;
  for await (const chunk of await client.chat.completions.create({ model: "reasoner", messages, ...options })) {
    const delta: Record<string, unknown> = { ...chunk.choices[0]?.delta };
    if (delta["reasoning_content"] !== undefined || (delta["content"] ?? "") !== "") pieces++;
    usage = chunk.usage ?? usage;
  }
  assert.equal(usage?.completion_tokens, pieces);
  assert.equal(usage?.completion_tokens_details?.reasoning_tokens, 40);
});

test("the SDK's own accumulator agrees with the plain answer, also for several choices", async () => {
  const request = { model: "large", messages: ask("Tell me about gardening"), n: 2, seed: 5 };
  const plain = await client.chat.completions.create(request);
  const streamed = await client.chat.completions.stream(request).finalChatCompletion();
  const contents = (choices: readonly OpenAI.ChatCompletion.Choice[]) =>
    choices.map((choice) => choice.message.content);
  assert.deepEqual(contents(streamed.choices), contents(plain.choices));
  assert.notEqual(plain.choices[0]?.message.content, plain.choices[1]?.message.content);
});

for (const [prompt, cities] of [
  ["What is the weather in Paris?", ["Paris"]],
  ["What is the weather in Paris and Oslo?", ["Paris", "Oslo"]],
] as const) {
  test(`tool calls, plain and streamed: ${cities.join(", ")}`, async () => {
    const request = { model: "small", messages: ask(prompt), tools: [WEATHER] };
    const plain = await client.chat.completions.create(request);
    const streamed = await client.chat.completions.stream(request).finalChatCompletion();
    for (const answer of [plain, streamed]) {
      const calls = (answer.choices[0]?.message.tool_calls ?? []).filter((call) => call.type === "function");
      assert.deepEqual(
        calls.map((call) => JSON.parse(call.function.arguments).city),
        cities,
      );
      assert.equal(answer.choices[0]?.finish_reason, "tool_calls");
    }
  });
}

test("a tool loop comes to an end", async () => {
  const runner = client.chat.completions.runTools({
    model: "small",
    messages: ask("What is the weather in Paris?"),
    tools: [
      {
        type: "function",
        function: {
          ...WEATHER.function,
          description: "The weather in a city",
          parameters: { ...WEATHER.function.parameters, required: ["city"] },
          function: (_text: string) => "21 degrees",
        },
      },
    ],
  });
  assert.match((await runner.finalContent()) ?? "", /21 degrees/);
});

test("a structured answer parses", async () => {
  const schema = {
    type: "object",
    properties: { name: { type: "string" }, age: { type: "integer", minimum: 1, maximum: 99 } },
    required: ["name", "age"],
    additionalProperties: false,
  };
  const answer = await client.chat.completions.parse({
    model: "small",
    messages: ask("Invent a person"),
    response_format: { type: "json_schema", json_schema: { name: "person", strict: true, schema } },
  });
  const person = JSON.parse(answer.choices[0]?.message.content ?? "");
  assert.ok(person.age >= 1 && person.age <= 99);
});

test("errors arrive as the SDK's classes", async () => {
  const create = (model: string) => client.chat.completions.create({ model, messages: ask("Hi") });
  await assert.rejects(create("small+429=3"), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError);
    return error.headers.get("retry-after") === "3" && error.code === "rate_limit_exceeded";
  });
  await assert.rejects(create("small+503"), OpenAI.InternalServerError);
  await assert.rejects(create("small+html"), OpenAI.InternalServerError);
  await assert.rejects(create("small+401"), OpenAI.AuthenticationError);
  await assert.rejects(create("small+400"), OpenAI.BadRequestError);
  await assert.rejects(create("nope"), OpenAI.NotFoundError);
  await assert.rejects(create("small+drop"), OpenAI.APIConnectionError);
  await assert.rejects(async () => {
    const stream = await client.chat.completions.create({
      model: "small+inband-error=3",
      messages: ask("Hi"),
      stream: true,
    });
    for await (const chunk of stream) assert.ok(chunk.id);
  }, OpenAI.APIError);
});

test("an aborted stream is billed as left by the client", async () => {
  const messages = ask("Hi");
  const stream = await client.chat.completions.create({
    model: "exact+stall=4",
    max_tokens: 50,
    messages,
    stream: true,
  });
  const seen = simulator.bills().at(-1)?.sequence ?? 0;
  let chunks = 0;
  for await (const chunk of stream) {
    assert.ok(chunk.id);
    if (++chunks === 4) stream.controller.abort();
  }
  const deadline = Date.now() + 5_000;
  while (simulator.bills(seen).length === 0 && Date.now() < deadline)
    await new Promise((resolve) => setImmediate(resolve));
  const [bill] = simulator.bills(seen);
  assert.deepEqual([bill?.outcome, bill?.completion_tokens], ["client_closed", 3]);
});

test("models are listed", async () => {
  const models = await client.models.list();
  assert.deepEqual(
    models.data.map((model) => model.id),
    [
      ...["small", "large", "reasoner", "exact"],
      ...["embedder", "reranker", "moderator", "painter", "speaker", "listener"],
    ],
  );
});
