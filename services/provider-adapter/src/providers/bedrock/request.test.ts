import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CacheControl,
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
import { chatOf } from "../../testing/world.ts";
import { bedrock } from "./index.ts";

const provider = bedrock({ baseUrl: undefined, abandon: undefined, place: { region: "eu-central-1" } });
const CLAUDE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
const LLAMA = "meta.llama3-3-70b-instruct-v1:0";
const GPT_OSS = "openai.gpt-oss-120b-1:0";

interface Sent {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly warnings: string;
}

function send(model: string, chat: ChatRequest): Sent {
  const entry = provider.models.find(({ id }) => id === model);
  assert.ok(entry, model);
  const { path, body, warnings } = provider.mapChat(chat, model, entry);
  return { path, body: JSON.parse(body) as Record<string, unknown>, warnings: warnings.join(" ") };
}

const part = (kind: object, cacheControl?: CacheControl): Part =>
  Part.create({ kind: kind as Part["kind"], ...(cacheControl !== undefined && { cacheControl }) });
const text = (value: string, cache?: CacheControl): Part => part({ $case: "text", value }, cache);
const message = (role: Role, ...parts: Part[]): Message => Message.create({ role, parts });
const PNG = Buffer.from("89504e470d0a1a0a00000000", "hex");

const WEATHER = Tool.create({
  name: "get_weather",
  description: "Tells the weather.",
  parametersJson:
    '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}',
});

test("the region says where, and the model's name stands in the path as one segment", () => {
  assert.equal(provider.baseUrl, "https://bedrock-runtime.eu-central-1.amazonaws.com");
  assert.equal(send(CLAUDE, chatOf("hi")).path, `/model/${encodeURIComponent(CLAUDE)}/converse`);
  assert.match(send(CLAUDE, chatOf("hi", { stream: true })).path, /v1%3A0\/converse-stream$/);
});

function everything(): ChatRequest {
  const cache = CacheControl.create({ type: "ephemeral", ttlSeconds: 3_600 });
  const image = {
    $case: "image",
    value: { media: { source: { $case: "data", value: PNG }, mimeType: "image/png", name: "" }, detail: "" },
  } as const;
  const file = {
    $case: "file",
    value: {
      media: {
        source: { $case: "data", value: Buffer.from("%PDF-1.7") },
        mimeType: "application/pdf",
        name: "Q3 — report.pdf",
      },
      citations: true,
    },
  } as const;
  const call = {
    $case: "toolCall",
    value: {
      id: "call_1",
      name: "get_weather",
      argumentsJson: '{"city":"Oslo"}',
      signature: "",
      type: "function",
      provider: "",
    },
  } as const;
  const result = {
    $case: "toolResult",
    value: { toolCallId: "call_1", name: "", parts: [text("rain")], isError: true },
  } as const;
  const thought = {
    $case: "reasoning",
    value: { text: "Hm.", signature: "c2ln", redacted: false, id: "", provider: "bedrock" },
  } as const;
  return chatOf("", {
    messages: [
      message(Role.ROLE_SYSTEM, text("Be brief.", cache)),
      message(Role.ROLE_USER, text("Look:"), part(image), part(file)),
      message(Role.ROLE_ASSISTANT, part(thought), text("I ask."), part(call)),
      message(Role.ROLE_TOOL, part(result)),
    ],
    tools: [WEATHER],
    maxOutputTokens: 100n,
    stop: ["END"],
    sampling: { temperature: 0.5, logitBias: {} },
    serviceTier: "priority",
  });
}

const EVERYTHING_SENT = {
  system: [{ text: "Be brief." }, { cachePoint: { type: "default", ttl: "1h" } }],
  messages: [
    {
      role: "user",
      content: [
        { text: "Look:" },
        { image: { format: "png", source: { bytes: PNG.toString("base64") } } },
        {
          document: {
            format: "pdf",
            name: "Q3 report pdf 1",
            source: { bytes: Buffer.from("%PDF-1.7").toString("base64") },
            citations: { enabled: true },
          },
        },
      ],
    },
    {
      role: "assistant",
      content: [
        { reasoningContent: { reasoningText: { text: "Hm.", signature: "c2ln" } } },
        { text: "I ask." },
        { toolUse: { toolUseId: "call_1", name: "get_weather", input: { city: "Oslo" } } },
      ],
    },
    {
      role: "user",
      content: [{ toolResult: { toolUseId: "call_1", content: [{ text: "rain" }], status: "error" } }],
    },
  ],
  inferenceConfig: { maxTokens: 100, temperature: 0.5, stopSequences: ["END"] },
  toolConfig: {
    tools: [
      {
        toolSpec: {
          name: "get_weather",
          description: "Tells the weather.",
          inputSchema: { json: JSON.parse(WEATHER.parametersJson) },
        },
      },
    ],
  },
  serviceTier: { type: "priority" },
};

test("a conversation with everything in it becomes turns of blocks", () => {
  const { body, warnings } = send(CLAUDE, everything());
  assert.deepEqual(body, EVERYTHING_SENT);
  assert.equal(warnings, "");
});

test("thinking is asked for as each maker's models want it", () => {
  const high = chatOf("hi", { reasoning: { effort: "high" }, maxOutputTokens: 10_000n });
  const fieldsOf = (model: string) => send(model, high).body["additionalModelRequestFields"];
  assert.deepEqual(fieldsOf(CLAUDE), { thinking: { type: "enabled", budget_tokens: 8_000 } });
  assert.deepEqual(fieldsOf(GPT_OSS), { reasoning_effort: "high" });
  assert.deepEqual(fieldsOf("qwen.qwen3-32b-v1:0"), { reasoning_config: "high" });
  assert.deepEqual(fieldsOf("amazon.nova-2-lite-v1:0"), {
    reasoningConfig: { type: "enabled", maxReasoningEffort: "high" },
  });
  assert.match(send(LLAMA, high).warnings, /reasoning effort "high" of this model is not supported/);
  const newest = send("us.anthropic.claude-opus-4-8", high).body;
  assert.deepEqual(
    [newest["outputConfig"], newest["additionalModelRequestFields"]],
    [{ effort: "high" }, { thinking: { type: "adaptive" } }],
  );
});

test("a choice of tools is said where the model knows it; a conversation that tells of tools keeps them", () => {
  const required = ToolChoice.create({ mode: ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED });
  const none = ToolChoice.create({ mode: ToolChoiceMode.TOOL_CHOICE_MODE_NONE });
  const asking = chatOf("hi", { tools: [WEATHER], toolChoice: required });
  assert.deepEqual((send(CLAUDE, asking).body["toolConfig"] as Record<string, unknown>)["toolChoice"], { any: {} });
  assert.match(send(LLAMA, asking).warnings, /cannot be made to call a tool/);
  assert.equal(send(CLAUDE, chatOf("hi", { tools: [WEATHER], toolChoice: none })).body["toolConfig"], undefined);
  const call = {
    $case: "toolCall",
    value: { id: "c", name: "get_time", argumentsJson: "{}", signature: "", type: "", provider: "" },
  } as const;
  const result = { $case: "toolResult", value: { toolCallId: "c", name: "", parts: [], isError: false } } as const;
  const told = chatOf("", {
    messages: [
      message(Role.ROLE_USER, text("hi")),
      message(Role.ROLE_ASSISTANT, part(call)),
      message(Role.ROLE_TOOL, part(result)),
    ],
  });
  assert.deepEqual(send(CLAUDE, told).body["toolConfig"], {
    tools: [{ toolSpec: { name: "get_time", inputSchema: { json: { type: "object" } } } }],
  });
});

test("a JSON answer is held to its schema, or stood in for by a tool", () => {
  const schemaJson =
    '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}';
  const responseFormat = ResponseFormat.create({
    kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA,
    schemaJson,
    name: "answer",
  });
  const held = send(CLAUDE, chatOf("hi", { responseFormat }));
  const output = held.body["outputConfig"] as {
    textFormat: { structure: { jsonSchema: { name: string; schema: string } } };
  };
  assert.equal(output.textFormat.structure.jsonSchema.name, "answer");
  assert.deepEqual(
    Object.keys(JSON.parse(output.textFormat.structure.jsonSchema.schema) as object).includes("properties"),
    true,
  );
  const stood = send("amazon.nova-pro-v1:0", chatOf("hi", { responseFormat }));
  assert.deepEqual((stood.body["toolConfig"] as Record<string, unknown>)["toolChoice"], {
    tool: { name: "sluice_json_answer" },
  });
});

test("what has no place is dropped and told: pictures by address, caches of models without, fields of other dialects", () => {
  const byAddress = {
    $case: "image",
    value: {
      media: { source: { $case: "url", value: "https://a.example/b.png" }, mimeType: "", name: "" },
      detail: "",
    },
  } as const;
  const cache = CacheControl.create({ type: "ephemeral" });
  const chat = chatOf("", {
    messages: [message(Role.ROLE_USER, text("hi", cache), part(byAddress))],
    extraJson: '{"guardrailConfig":{}}',
    userLabel: "someone",
  });
  const { body, warnings } = send(LLAMA, chat);
  assert.deepEqual(body, { messages: [{ role: "user", content: [{ text: "hi" }] }] });
  for (const said of [/takes its bytes/, /cache boundary for this model/, /guardrailConfig/, /user is not supported/])
    assert.match(warnings, said);
});
