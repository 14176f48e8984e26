import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ChatRequest,
  Message,
  Part,
  ResponseFormat,
  ResponseFormatKind,
  Role,
  Tool,
  ToolChoice,
  ToolChoiceMode,
} from "@sluice/proto/chat/v1/chat";
import { openSse, startUpstream } from "../../../testing/upstream.ts";
import { attemptOf, chatOf, readAll, startWorld } from "../../../testing/world.ts";
import { openai } from "../index.ts";

const provider = openai({ baseUrl: undefined, abandon: undefined });

function send(chat: ChatRequest, model = "o3-pro") {
  const entry = provider.models.find(({ id }) => id === model);
  assert.ok(entry, model);
  const { path, body, warnings } = provider.mapChat(chat, model, entry);
  return { path, body: JSON.parse(body) as Record<string, unknown>, warnings: warnings.join(" ") };
}

const part = (kind: object): Part => Part.create({ kind: kind as Part["kind"] });
const text = (value: string): Part => part({ $case: "text", value });

test("models that live there alone are asked by Responses, the others by chat completions", () => {
  assert.equal(send(chatOf("hi")).path, "/responses");
  assert.equal(send(chatOf("hi"), "gpt-5.1-codex").path, "/responses");
  assert.equal(send(chatOf("hi"), "gpt-5.1").path, "/chat/completions");
});

test("a conversation becomes items; thinking goes back only to whom it came from", () => {
  const thought = { text: "Hm.", signature: "gAAA", redacted: false, id: "rs_1", provider: "openai" };
  const call = {
    id: "call_1",
    name: "get_weather",
    argumentsJson: '{"a":1}',
    signature: "",
    type: "function",
    provider: "",
  };
  const messages = [
    Message.create({ role: Role.ROLE_SYSTEM, parts: [text("Be brief.")], plainText: true }),
    Message.create({
      role: Role.ROLE_USER,
      parts: [
        text("Look:"),
        part({
          $case: "image",
          value: {
            media: { source: { $case: "url", value: "https://a.example/b.png" }, mimeType: "", name: "" },
            detail: "low",
          },
        }),
      ],
    }),
    Message.create({
      role: Role.ROLE_ASSISTANT,
      parts: [
        part({ $case: "reasoning", value: thought }),
        part({ $case: "reasoning", value: { ...thought, provider: "anthropic" } }),
        text("I ask."),
        part({ $case: "toolCall", value: call }),
      ],
    }),
    Message.create({
      role: Role.ROLE_TOOL,
      parts: [
        part({ $case: "toolResult", value: { toolCallId: "call_1", name: "", parts: [text("rain")], isError: false } }),
      ],
    }),
  ];
  const { body, warnings } = send(chatOf("", { messages }));
  assert.deepEqual(body["input"], [
    { type: "message", role: "system", content: [{ type: "input_text", text: "Be brief." }] },
    {
      type: "message",
      role: "user",
      content: [
        { type: "input_text", text: "Look:" },
        { type: "input_image", image_url: "https://a.example/b.png", detail: "low" },
      ],
    },
    { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "gAAA" },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "I ask." }] },
    { type: "function_call", call_id: "call_1", name: "get_weather", arguments: '{"a":1}' },
    { type: "function_call_output", call_id: "call_1", output: "rain" },
  ]);
  assert.match(warnings, /Reasoning without this provider's signature/);
});

test("what is asked has its own names here, nothing is kept, and what has no place is told", () => {
  const tool = Tool.create({ name: "get_weather", parametersJson: '{"type":"object"}' });
  const schema = {
    kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA,
    schemaJson: '{"type":"object"}',
    name: "a",
    strict: true,
  };
  const { body, warnings } = send(
    chatOf("hi", {
      tools: [tool],
      toolChoice: ToolChoice.create({ mode: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, names: ["get_weather"] }),
      responseFormat: ResponseFormat.create(schema),
      reasoning: { effort: "high", summary: "auto" },
      maxOutputTokens: 100n,
      stop: ["x"],
      stream: true,
      sampling: { temperature: 0.5, seed: 1n, logitBias: {} },
    }),
  );
  const { input: _input, ...rest } = body;
  assert.deepEqual(rest, {
    model: "o3-pro",
    max_output_tokens: 100,
    tools: [{ type: "function", name: "get_weather", parameters: { type: "object" }, strict: false }],
    tool_choice: { type: "function", name: "get_weather" },
    text: { format: { type: "json_schema", name: "a", schema: { type: "object" }, strict: true } },
    reasoning: { effort: "high", summary: "auto" },
    store: false,
    include: ["reasoning.encrypted_content"],
    stream: true,
  });
  for (const said of [/temperature/, /seed/, /stop/]) assert.match(warnings, said);
});

test("a provider that configuration adds speaks responses, from the request to the bill", async () => {
  const upstream = await startUpstream();
  const world = await startWorld({
    providers: { acme: { base_url: `${upstream.url}/v1`, wire: "responses", models: ["m"] } },
  });
  try {
    await world.client.putCredential({ provider: "acme", secret: "acme-key-0123456789abcdef" });
    upstream.script = (response) => {
      openSse(response);
      const event = (type: string, rest: object) =>
        response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
      const answer = {
        id: "resp_1",
        model: "m",
        status: "completed",
        output: [],
        usage: { input_tokens: 7, output_tokens: 3 },
      };
      event("response.created", { response: { ...answer, status: "in_progress" } });
      event("response.output_text.delta", { output_index: 0, delta: "Hello" });
      event("response.completed", { response: answer });
      response.end();
    };
    const got = await readAll(world.client.generate(attemptOf("acme", chatOf("hi", { stream: true }), { model: "m" })));
    assert.equal(got.text, "Hello");
    assert.deepEqual([got.tail?.usage?.inputTokens, got.tail?.usage?.outputTokens], [7n, 3n]);
    const [seen] = upstream.seen;
    assert.deepEqual([seen?.path, seen?.headers.authorization], ["/v1/responses", "Bearer acme-key-0123456789abcdef"]);
  } finally {
    await world.close();
    await upstream.close();
  }
});
