import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { ChatRequest, Dialect, ResponseFormatKind, Role, ToolChoiceMode } from "@sluice/proto/chat/v1/chat";
import { printCarried } from "../../answer/carried.ts";
import { messagesParser } from "./request.ts";

const limits = { messagesMax: 100, toolsMax: 10, partsMax: 50 };
const parse = messagesParser(limits);
const ask = { model: "m", max_tokens: 10, messages: [{ role: "user", content: "Hi" }] };
const say = (...messages: object[]) => parse({ ...ask, messages }).messages;
const faults = (body: unknown, beta?: string): string => {
  try {
    parse(body, beta);
  } catch (error) {
    assert.ok(error instanceof SluiceError);
    assert.equal(error.code, "invalid_request");
    return error.message;
  }
  return "";
};

test("the plainest request", () => {
  const chat = parse(ask);
  assert.equal(chat.dialect, Dialect.DIALECT_ANTHROPIC_MESSAGES);
  assert.equal(chat.maxOutputTokens, 10n);
  assert.equal(chat.messages[0]?.plainText, true);
  assert.deepEqual(chat.messages[0]?.parts[0]?.kind, { $case: "text", value: "Hi" });
  assert.equal(chat.extraJson, "");
  assert.equal(chat.sampling, undefined);
});

test("every setting has its place, and the rest travels as it is", () => {
  const chat = parse(
    {
      ...ask,
      system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral", ttl: "1h" } }],
      temperature: 0.2,
      top_p: 0.9,
      top_k: 3,
      stop_sequences: ["a"],
      metadata: { user_id: "u" },
      service_tier: "standard_only",
      stream: true,
      thinking: { type: "enabled", budget_tokens: 2_000, display: "omitted" },
      output_config: { effort: "low", format: { type: "json_schema", schema: { type: "object" } }, task_budget: 5 },
      tools: [
        { name: "t", description: "d", input_schema: { type: "object" }, strict: true, defer_loading: true },
        { type: "web_search_20250305", name: "web_search", max_uses: 2 },
      ],
      tool_choice: { type: "tool", name: "t", disable_parallel_tool_use: true },
      container: "c",
    },
    "a-1, b-2",
  );
  assert.deepEqual(ChatRequest.decode(ChatRequest.encode(chat).finish()), chat);
  assert.equal(chat.messages[0]?.role, Role.ROLE_SYSTEM);
  assert.deepEqual(chat.messages[0]?.parts[0]?.cacheControl, { type: "ephemeral", ttlSeconds: 3_600 });
  assert.deepEqual([chat.sampling?.temperature, chat.sampling?.topP, chat.sampling?.topK], [0.2, 0.9, 3]);
  assert.deepEqual([chat.stop, chat.userLabel, chat.serviceTier, chat.stream], [["a"], "u", "default", true]);
  assert.equal(chat.reasoning?.maxTokens, 2_000n);
  assert.equal(chat.reasoning?.effort, "low");
  assert.equal(chat.reasoning?.include, false);
  assert.equal(chat.responseFormat?.kind, ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA);
  assert.equal(chat.tools[0]?.extraJson, '{"defer_loading":true}');
  assert.deepEqual([chat.tools[1]?.type, chat.tools[1]?.extraJson], ["web_search_20250305", '{"max_uses":2}']);
  assert.deepEqual(chat.toolChoice, { mode: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, names: ["t"], unknownJson: "" });
  assert.equal(chat.parallelToolCalls, false);
  assert.deepEqual(JSON.parse(chat.extraJson), {
    container: "c",
    output_config: { task_budget: 5 },
    anthropic_beta: ["a-1", "b-2"],
  });
});

test("results of tools are messages of their own, with pictures and failures", () => {
  const [first, second, third] = say(
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "hm", signature: "sig" },
        { type: "tool_use", id: "c1", name: "t", input: { a: 1 }, caller: { type: "direct" } },
      ],
    },
    {
      role: "user",
      content: [
        {
          type: "tool_result",
          tool_use_id: "c1",
          is_error: true,
          content: [
            { type: "text", text: "no" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
          ],
        },
        { type: "text", text: "and?" },
      ],
    },
  );
  const reasoning = { text: "hm", signature: "sig", redacted: false, id: "", provider: "" };
  assert.deepEqual(first?.parts[0]?.kind, { $case: "reasoning", value: reasoning });
  const call = { id: "c1", name: "t", argumentsJson: '{"a":1}', signature: "", type: "function", provider: "" };
  assert.deepEqual(first?.parts[1]?.kind, { $case: "toolCall", value: call });
  assert.equal(first?.parts[1]?.extraJson, '{"caller":{"type":"direct"}}');
  assert.equal(second?.role, Role.ROLE_TOOL);
  const result = second?.parts[0]?.kind;
  assert.ok(result?.$case === "toolResult");
  assert.equal(result.value.isError, true);
  assert.deepEqual(
    result.value.parts.map(({ kind }) => kind?.$case),
    ["text", "image"],
  );
  assert.deepEqual([third?.role, third?.parts.length], [Role.ROLE_USER, 1]);
});

test("what another provider signed comes back to it, on thinking and on calls", () => {
  const thought = printCarried({
    of: "thinking",
    provider: "gemini",
    id: "i/1",
    signature: "a/b+c==",
    redacted: false,
  });
  const call = printCarried({ of: "call", provider: "gemini", id: "c1", signature: "s/2", redacted: true });
  const [answer] = say({
    role: "assistant",
    content: [
      { type: "thinking", thinking: "hm", signature: thought },
      { type: "redacted_thinking", data: call },
      { type: "tool_use", id: "c1", name: "t", input: {} },
    ],
  });
  assert.equal(answer?.parts.length, 2);
  const reasoning = { text: "hm", signature: "a/b+c==", redacted: false, id: "i/1", provider: "gemini" };
  assert.deepEqual(answer?.parts[0]?.kind, { $case: "reasoning", value: reasoning });
  const sealed = answer?.parts[1]?.kind;
  assert.ok(sealed?.$case === "toolCall");
  assert.deepEqual([sealed.value.signature, sealed.value.provider], ["s/2", "gemini"]);
});

test("blocks nobody here knows are carried whole", () => {
  const search = { type: "search_result", source: "s", title: "t", content: [{ type: "text", text: "x" }] };
  const odd = { type: "document", source: { type: "content", content: "x" } };
  const parts = say({ role: "user", content: [search, odd] })[0]?.parts;
  assert.deepEqual(
    parts?.map(({ kind }) => kind?.$case === "unknownJson" && JSON.parse(kind.value)),
    [search, odd],
  );
});

test("documents keep their text, title and wish to be cited", () => {
  const [message] = say({
    role: "user",
    content: [
      {
        type: "document",
        title: "T",
        citations: { enabled: true },
        source: { type: "text", media_type: "text/plain", data: "Grüße" },
      },
    ],
  });
  const file = message?.parts[0]?.kind;
  assert.ok(file?.$case === "file");
  assert.equal(file.value.citations, true);
  const media = file.value.media;
  assert.deepEqual([media?.mimeType, media?.name], ["text/plain", "T"]);
  assert.ok(media?.source?.$case === "data");
  assert.equal(Buffer.from(media.source.value).toString(), "Grüße");
});

test("faults are named in the words of this dialect, all at once", () => {
  assert.match(faults({ model: "m", messages: ask.messages }), /max_tokens is required/);
  assert.match(faults({ ...ask, max_tokens: "9" }), /max_tokens must be a number; got a string/);
  const wrong = faults({
    ...ask,
    tools: [{ name: "t" }],
    tool_choice: { type: "tool" },
    messages: [{ role: "user", content: [{ type: "image" }, { type: "tool_result", content: 3 }] }],
  });
  assert.match(wrong, /messages\[0\]\.content\[0\]\.source is required/);
  assert.match(wrong, /messages\[0\]\.content\[1\]\.tool_use_id is required/);
  assert.match(wrong, /messages\[0\]\.content\[1\]\.content must be a string or a list/);
  assert.match(wrong, /tools\[0\]\.input_schema is required/);
  assert.match(wrong, /tool_choice\.name is required/);
  assert.match(faults({ ...ask, messages: [{ role: "robot", content: "x" }] }), /messages\[0\]\.role must be one of/);
  assert.match(faults(ask, "a b"), /anthropic-beta must be names/);
});

test("there are limits", () => {
  const many = Array.from({ length: 101 }, () => ({ role: "user", content: "x" }));
  assert.match(faults({ ...ask, messages: many }), /messages must have at most 100 entries; got 101/);
  const blocks = Array.from({ length: 51 }, () => ({ type: "text", text: "x" }));
  assert.match(faults({ ...ask, messages: [{ role: "user", content: blocks }] }), /at most 50 content blocks/);
  const inner = [{ type: "tool_result", tool_use_id: "c", content: blocks }];
  assert.match(faults({ ...ask, messages: [{ role: "user", content: inner }] }), /at most 50 content blocks/);
  assert.match(faults({ ...ask, tools: Array.from({ length: 11 }, () => ({})) }), /tools must have at most 10 entries/);
});

test("tokens can be counted without a bound of the answer", () => {
  const { maxOutputTokens, stream } = messagesParser(
    limits,
    "count",
  )({ model: "m", messages: ask.messages, stream: true });
  assert.deepEqual([maxOutputTokens, stream], [undefined, false]);
});
