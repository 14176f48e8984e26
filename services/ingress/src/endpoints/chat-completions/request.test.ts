import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatRequest, Dialect, ResponseFormatKind, Role, ToolChoiceMode } from "@sluice/proto/chat/v1/chat";
import { chatParser } from "./request.ts";

const parse = chatParser({ choicesMax: 16, messagesMax: 10_000, toolsMax: 512, partsMax: 10_000 });
const ask = { model: "m", messages: [{ role: "user", content: "Hi" }] };
const one = (message: object) => parse({ model: "m", messages: [message] }).messages[0];
const faults = (body: unknown): string => {
  try {
    parse(body);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
};

test("the plainest request", () => {
  const chat = parse(ask);
  assert.equal(chat.dialect, Dialect.DIALECT_OPENAI_CHAT);
  assert.equal(chat.messages[0]?.plainText, true);
  assert.deepEqual(chat.messages[0]?.parts[0]?.kind, { $case: "text", value: "Hi" });
  assert.equal(chat.extraJson, "");
  assert.equal(chat.sampling, undefined);
  assert.equal(chat.maxOutputTokens, undefined);
  assert.equal(chat.n, undefined);
});

test("every request survives its own encoding", () => {
  const chat = parse({
    ...ask,
    temperature: 0.5,
    seed: -3,
    logit_bias: { "5": -1 },
    n: 2,
    stop: ["a", "b"],
    metadata: { a: "b" },
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: false },
    parallel_tool_calls: false,
    reasoning_effort: "low",
    modalities: ["text", "audio"],
    audio: { voice: "alloy", format: "wav" },
    prompt_cache_key: "k",
    store: false,
    user: "u",
    service_tier: "flex",
    logprobs: true,
    top_logprobs: 3,
    top_k: 5,
  });
  assert.deepEqual(ChatRequest.decode(ChatRequest.encode(chat).finish()), chat);
  assert.equal(chat.sampling?.seed, -3n);
  assert.deepEqual(chat.streamOptions, { includeUsage: true, includeObfuscation: false });
  assert.equal(chat.reasoning?.effort, "low");
  assert.equal(chat.extraJson, "");
});

test("null is as good as absent", () => {
  const chat = parse({ ...ask, temperature: null, stop: null, tools: null, n: null, stream: null, max_tokens: null });
  assert.deepEqual(chat, parse(ask));
});

test("both names of the token limit", () => {
  assert.deepEqual(pick(parse({ ...ask, max_tokens: 5 })), [5n, true]);
  assert.deepEqual(pick(parse({ ...ask, max_completion_tokens: 6 })), [6n, false]);
  assert.deepEqual(pick(parse({ ...ask, max_tokens: 5, max_completion_tokens: 6 })), [6n, false]);
  assert.match(faults({ ...ask, max_tokens: 0 }), /max_tokens must be at least 1; got 0/);
  assert.match(faults({ ...ask, max_tokens: 1.5 }), /max_tokens must be an integer/);
});
const pick = (chat: ChatRequest) => [chat.maxOutputTokens, chat.legacyMaxTokens];

test("fields nobody knows are kept, known ones that cannot be said travel as they are", () => {
  const chat = parse({
    ...ask,
    future: { a: [1] },
    functions: [{ name: "f" }],
    response_format: { type: "grammar", grammar: "x" },
    stream_options: { include_usage: true, other: 1 },
  });
  assert.deepEqual(JSON.parse(chat.extraJson), {
    future: { a: [1] },
    functions: [{ name: "f" }],
    response_format: { type: "grammar", grammar: "x" },
    stream_options: { include_usage: true, other: 1 },
  });
  assert.equal(chat.responseFormat, undefined);
});

test("parts: text, image, audio, file, and unknown ones", () => {
  const message = one({
    role: "user",
    content: [
      { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" }, note: 1 },
      { type: "image_url", image_url: { url: "data:image/png;base64,aGk=", detail: "low" } },
      { type: "image_url", image_url: { url: "https://a.example/b.png" } },
      { type: "input_audio", input_audio: { data: "aGk=", format: "wav" } },
      { type: "file", file: { file_id: "file-1", filename: "a.pdf" } },
      { type: "file", file: { file_data: "data:application/pdf;base64,aGk=" } },
      { type: "video_url", video_url: { url: "x" } },
      { type: "image_url", image_url: { url: "https://a.example/b.png", future: true } },
    ],
  });
  const [text, image, link, audio, file, data, video, odd] = message?.parts ?? [];
  assert.deepEqual(text, {
    kind: { $case: "text", value: "a" },
    cacheControl: { type: "ephemeral", ttlSeconds: 3_600 },
    extraJson: '{"note":1}',
  });
  assert.equal(image?.kind?.$case === "image" && image.kind.value.detail, "low");
  assert.equal(image?.kind?.$case === "image" && image.kind.value.media?.mimeType, "image/png");
  assert.equal(link?.kind?.$case === "image" && link.kind.value.media?.source?.$case, "url");
  assert.equal(audio?.kind?.$case === "audio" && audio.kind.value.format, "wav");
  assert.equal(file?.kind?.$case === "file" && file.kind.value.media?.name, "a.pdf");
  assert.equal(data?.kind?.$case === "file" && data.kind.value.media?.source?.$case, "data");
  assert.equal(video?.kind?.$case, "unknownJson");
  assert.equal(odd?.kind?.$case, "unknownJson");
  assert.equal(message?.plainText, false);
  const broken = [{ type: "image_url", image_url: { url: "data:image/png;base64,a*b" } }];
  assert.match(
    faults({ model: "m", messages: [{ role: "user", content: broken }] }),
    /image_url\.url is not valid base64/,
  );
});

test("assistant turns: reasoning, text, refusal and tool calls in order", () => {
  const message = one({
    role: "assistant",
    content: null,
    refusal: "no",
    reasoning_content: "hm",
    tool_calls: [
      { id: "c1", type: "function", function: { name: "f", arguments: "{" } },
      { id: "c2", type: "custom", custom: { name: "g", input: "raw" } },
    ],
    audio: { id: "a1" },
  });
  assert.deepEqual(
    message?.parts.map((part) => part.kind?.$case),
    ["reasoning", "refusal", "audio", "toolCall", "toolCall"],
  );
  const last = message?.parts.at(-1)?.kind;
  assert.deepEqual(last?.$case === "toolCall" && [last.value.type, last.value.name, last.value.argumentsJson], [
    "custom",
    "g",
    "raw",
  ]);
  assert.match(faults({ model: "m", messages: [{ role: "assistant" }] }), /messages\[0\]\.content is required/);
});

test("tool results, and the older role of functions", () => {
  const tool = one({ role: "tool", tool_call_id: "c1", content: "42" });
  assert.equal(tool?.role, Role.ROLE_TOOL);
  const kind = tool?.parts[0]?.kind;
  assert.equal(kind?.$case === "toolResult" && kind.value.toolCallId, "c1");
  const old = one({ role: "function", name: "f", content: "42" });
  assert.equal(old?.extraJson, '{"role":"function"}');
});

test("tools, tool choice and response format", () => {
  const parameters = { type: "object", properties: { a: { type: "string" } } };
  const chat = parse({
    ...ask,
    tools: [
      { type: "function", function: { name: "f", description: "d", parameters, strict: true } },
      { type: "custom", custom: { name: "g" } },
    ],
    tool_choice: { type: "function", function: { name: "f" } },
    response_format: { type: "json_schema", json_schema: { name: "s", schema: parameters, strict: true } },
  });
  assert.deepEqual(JSON.parse(chat.tools[0]?.parametersJson ?? ""), parameters);
  assert.equal(chat.tools[1]?.extraJson, '{"custom":{"name":"g"}}');
  assert.deepEqual(chat.toolChoice, { mode: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, names: ["f"], unknownJson: "" });
  assert.equal(chat.responseFormat?.kind, ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA);
  const tools = [{ type: "function", function: { name: "f" } }];
  const choice = { type: "allowed_tools", allowed_tools: { mode: "required", tools } };
  const allowed = parse({ ...ask, tool_choice: choice }).toolChoice;
  assert.deepEqual([allowed?.mode, allowed?.names], [ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED, ["f"]]);
  assert.deepEqual(JSON.parse(allowed?.unknownJson ?? ""), choice);
});

test("limits are named", () => {
  assert.match(faults({ ...ask, messages: [] }), /messages must have at least 1 entries; got 0/);
  assert.match(faults({ ...ask, model: "a".repeat(257) }), /model must have at most 256 characters; got 257/);
  assert.match(faults({ ...ask, model: "a\u0007" }), /model is not valid: a model name has/);
  assert.match(faults({ ...ask, stop: Array(17).fill("x") }), /stop must have at most 16 entries; got 17/);
  assert.match(faults({ ...ask, seed: 2 ** 60 }), /seed/);
  assert.match(faults({ messages: 1, n: 0, top_p: "x", stream: "y", user: 1, seed: "z", store: 1 }), /; and 3 more\.$/);
});

test("lists beyond their limits are refused by their length, before their entries are read", () => {
  const body = (fields: object) => ({ model: "a/b", messages: [{ role: "user", content: "x" }], ...fields });
  const many = (count: number) => Array.from({ length: count }, () => ({ type: 1 }));
  const names = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 1]));
  const cases: readonly [object, RegExp][] = [
    [{ messages: many(10_001) }, /messages must have at most 10000 entries; got 10001/],
    [{ tools: many(513) }, /tools must have at most 512 entries; got 513/],
    [{ metadata: names(10_001) }, /metadata must have at most 10000 entries/],
    [{ logit_bias: names(10_001) }, /logit_bias must have at most 10000 entries/],
    [{ messages: [{ content: many(6_000), tool_calls: many(4_001) }] }, /at most 10000 content parts.*got 10001/],
  ];
  for (const [fields, expected] of cases) assert.throws(() => parse(body(fields)), expected);
});
