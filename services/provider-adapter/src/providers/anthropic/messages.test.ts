import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CacheControl,
  ChatRequest,
  Dialect,
  FilePart,
  ImagePart,
  Media,
  Message,
  Part,
  ReasoningPart,
  Role,
  Tool,
  ToolCall,
  ToolResult,
} from "@sluice/proto/chat/v1/chat";
import { anthropic } from "./index.ts";

const provider = anthropic({ baseUrl: undefined, abandon: undefined });
const [model] = provider.models.filter(({ id }) => id === "claude-sonnet-4-5");
const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47]);

const part = (kind: Part["kind"], fields: Partial<Part> = {}) => Part.create({ kind, ...fields });
const text = (value: string, fields: Partial<Part> = {}) => part({ $case: "text", value }, fields);
const call = (id: string, name: string, argumentsJson = "{}") =>
  part({ $case: "toolCall", value: ToolCall.create({ id, name, argumentsJson, type: "function" }) });
const result = (toolCallId: string, value: string, fields: Partial<ToolResult> = {}) =>
  part({ $case: "toolResult", value: ToolResult.create({ toolCallId, parts: [text(value)], ...fields }) });
const of = (role: Role, ...parts: Part[]) => Message.create({ role, parts });
const user = (...parts: Part[]) => of(Role.ROLE_USER, ...parts);
const assistant = (...parts: Part[]) => of(Role.ROLE_ASSISTANT, ...parts);
const image = (media: Partial<Media>, detail = "") =>
  part({ $case: "image", value: ImagePart.create({ detail, media: Media.create(media) }) });
const file = (media: Partial<Media>, citations = false) =>
  part({ $case: "file", value: FilePart.create({ citations, media: Media.create(media) }) });
const thought = (fields: Partial<ReasoningPart>) =>
  part({ $case: "reasoning", value: ReasoningPart.create({ provider: "anthropic", ...fields }) });

function mapped(messages: Message[], fields: Partial<ChatRequest> = {}) {
  assert.ok(model);
  const request = ChatRequest.create({ dialect: Dialect.DIALECT_OPENAI_CHAT, messages, ...fields });
  const { body, headers, warnings } = provider.mapChat(request, model.id, model);
  const wire = JSON.parse(body) as { system?: unknown; messages: { role: string; content: unknown }[] };
  return { ...wire, headers, warnings };
}

/** One field of every block of a turn. */
function fieldOf(turn: { content: unknown } | undefined, name: string): unknown[] {
  assert.ok(Array.isArray(turn?.content));
  return turn.content.map((block: Record<string, unknown>) => block[name]);
}

const words = (value: string) => ({ type: "text", text: value });

test("system messages come first and apart, neighbours of one role are one turn", () => {
  const { system, messages, warnings } = mapped([
    of(Role.ROLE_SYSTEM, text("s")),
    of(Role.ROLE_DEVELOPER, text("d")),
    user(text("a")),
    user(text(""), text(" \n"), text("b")),
    assistant(text("c")),
    of(Role.ROLE_SYSTEM, text("late")),
    user(text("e")),
  ]);
  assert.deepEqual(system, [words("s"), words("d"), words("late")]);
  assert.deepEqual(messages, [
    { role: "user", content: [words("a"), words("b")] },
    { role: "assistant", content: [words("c")] },
    { role: "user", content: [words("e")] },
  ]);
  assert.deepEqual(warnings, ["A later system message was moved to the front."]);
});

test("in this very dialect a later system message stays where it is", () => {
  const { system, messages } = mapped([user(text("a")), of(Role.ROLE_SYSTEM, text("now")), user(text("b"))], {
    dialect: Dialect.DIALECT_ANTHROPIC_MESSAGES,
  });
  assert.equal(system, undefined);
  assert.deepEqual(
    messages.map(({ role }) => role),
    ["user", "system", "user"],
  );
});

test("a conversation that does not begin with the user gets a beginning, and an answer to continue no blank end", () => {
  const { messages, warnings } = mapped([assistant(text("Once upon ")), assistant(text("a time \n"))]);
  assert.deepEqual(messages, [
    { role: "user", content: [words(".")] },
    { role: "assistant", content: [words("Once upon "), words("a time")] },
  ]);
  assert.match(warnings.join(), /must begin with the user/);
  assert.deepEqual(mapped([of(Role.ROLE_SYSTEM, text("s"))]).messages, [{ role: "user", content: [words(".")] }]);
});

test("results of parallel calls share one user turn and stand first in it", () => {
  const { messages } = mapped([
    user(text("go")),
    assistant(text("ok"), call("toolu_1", "f", '{"a":1}'), call("toolu_2", "g", "")),
    of(Role.ROLE_TOOL, result("toolu_1", "one")),
    of(Role.ROLE_TOOL, result("toolu_2", "two", { isError: true })),
    user(text("and?")),
  ]);
  assert.deepEqual(messages.slice(1), [
    {
      role: "assistant",
      content: [
        words("ok"),
        { type: "tool_use", id: "toolu_1", name: "f", input: { a: 1 } },
        { type: "tool_use", id: "toolu_2", name: "g", input: {} },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "toolu_1", content: "one" },
        { type: "tool_result", tool_use_id: "toolu_2", content: "two", is_error: true },
        words("and?"),
      ],
    },
  ]);
});

test("a result may hold blocks or nothing, and arguments that are no object are shown as they are", () => {
  const value = ToolResult.create({
    toolCallId: "c",
    parts: [text("see"), image({ source: { $case: "data", value: PNG } })],
  });
  const { messages } = mapped([
    assistant(call("b", "f", '{"a":'), call("c", "f", "[1]"), call("d", "f", "  ")),
    user(result("b", ""), part({ $case: "toolResult", value }), result("d", "x")),
  ]);
  const inputs = fieldOf(messages[1], "input");
  assert.deepEqual(inputs, [{ INVALID_JSON: '{"a":' }, { INVALID_JSON: "[1]" }, {}]);
  assert.deepEqual(messages[2]?.content, [
    { type: "tool_result", tool_use_id: "b" },
    {
      type: "tool_result",
      tool_use_id: "c",
      content: [words("see"), { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw==" } }],
    },
    { type: "tool_result", tool_use_id: "d", content: "x" },
  ]);
});

test("ids of another form are rewritten alike in call and result, and missing ones are paired", () => {
  const { messages } = mapped([
    user(text("go")),
    assistant(call("a.b", "f"), call("a:b", "f"), call("", "g"), call("", "h")),
    user(result("a:b", "2"), result("a.b", "1"), result("", "4", { name: "h" }), result("", "3", { name: "g" })),
  ]);
  const ids = fieldOf(messages[1], "id");
  for (const id of ids) assert.match(String(id), /^[a-zA-Z0-9_-]+$/);
  assert.equal(new Set(ids).size, 4);
  const answered = fieldOf(messages[2], "tool_use_id");
  assert.deepEqual(answered, [ids[1], ids[0], ids[3], ids[2]]);
});

test("images and documents come from bytes, addresses and files", () => {
  const pdf = {
    source: { $case: "data", value: Uint8Array.of(4) },
    mimeType: "application/pdf",
    name: "a.pdf",
  } as const;
  const { messages, headers, warnings } = mapped([
    user(
      image({ source: { $case: "data", value: PNG }, mimeType: "image/jpg" }, "high"),
      image({ source: { $case: "url", value: "https://i.example/a.png" } }),
      image({ source: { $case: "url", value: "data:image/gif;base64,R0lGODdh" } }),
      image({ source: { $case: "fileId", value: "file_1" } }),
      file(pdf, true),
      file({ source: { $case: "data", value: Buffer.from("hä") }, mimeType: "text/markdown" }),
      file({ source: { $case: "url", value: "https://i.example/a.pdf" } }),
      file({ source: { $case: "data", value: Uint8Array.of(1) }, mimeType: "application/zip" }),
    ),
  ]);
  assert.deepEqual(messages[0]?.content, [
    { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw==" } },
    { type: "image", source: { type: "url", url: "https://i.example/a.png" } },
    { type: "image", source: { type: "base64", media_type: "image/gif", data: "R0lGODdh" } },
    { type: "image", source: { type: "file", file_id: "file_1" } },
    {
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: "BA==" },
      title: "a.pdf",
      citations: { enabled: true },
    },
    { type: "document", source: { type: "text", media_type: "text/plain", data: "hä" } },
    { type: "document", source: { type: "url", url: "https://i.example/a.pdf" } },
  ]);
  assert.equal(headers["anthropic-beta"], "files-api-2025-04-14");
  assert.equal(mapped([user(text("a"))]).headers["anthropic-beta"], undefined);
  assert.deepEqual(
    warnings.map((sentence) => sentence.split(" is not")[0]),
    ["The detail of an image", "A file of the type application/zip"],
  );
});

test("thinking goes back byte for byte and first, but only what this provider signed", () => {
  const signature = "EqoBCkgIARABGAIiQL+/=";
  const { messages, warnings } = mapped([
    user(text("go")),
    assistant(
      text("ok"),
      call("toolu_1", "f"),
      thought({ text: "hm\u0000 ", signature }),
      thought({ signature: "ZW5j", redacted: true }),
      thought({ text: "theirs", signature: "x", provider: "gemini" }),
      thought({ text: "unsigned" }),
    ),
    user(result("toolu_1", "1")),
  ]);
  assert.deepEqual(messages[1]?.content, [
    { type: "thinking", thinking: "hm\u0000 ", signature },
    { type: "redacted_thinking", data: "ZW5j" },
    words("ok"),
    { type: "tool_use", id: "toolu_1", name: "f", input: {} },
  ]);
  assert.deepEqual(
    warnings.map((sentence) => sentence.split(" is not")[0]),
    ["Reasoning of another provider", "Reasoning without a signature"],
  );
});

test("at most four cache boundaries are set, tools before system before messages", () => {
  const cacheControl = CacheControl.create({ type: "ephemeral" });
  const hour = CacheControl.create({ type: "ephemeral", ttlSeconds: 3_600 });
  const { system, messages, warnings } = mapped(
    [
      of(Role.ROLE_SYSTEM, text("s", { cacheControl: hour })),
      user(text("a", { cacheControl: { type: "", ttlSeconds: 300 } }), text("b", { cacheControl })),
      user(text("c", { cacheControl })),
    ],
    { tools: [Tool.create({ name: "f", cacheControl })] },
  );
  assert.deepEqual(system, [{ ...words("s"), cache_control: { type: "ephemeral", ttl: "1h" } }]);
  assert.deepEqual(messages[0]?.content, [
    { ...words("a"), cache_control: { type: "ephemeral", ttl: "5m" } },
    { ...words("b"), cache_control: { type: "ephemeral" } },
    words("c"),
  ]);
  assert.equal(warnings.length, 1);
});

test("parts and fields of another dialect are dropped, those of this one pass", () => {
  const messages = [
    user(
      text("a", { extraJson: '{"citations":[]}' }),
      part({ $case: "unknownJson", value: '{"type":"search_result"}' }),
    ),
  ];
  const foreign = mapped(messages);
  assert.deepEqual(foreign.messages[0]?.content, [words("a")]);
  assert.equal(foreign.warnings.length, 2);
  const own = mapped(messages, { dialect: Dialect.DIALECT_ANTHROPIC_MESSAGES });
  assert.deepEqual(own.messages[0]?.content, [{ citations: [], ...words("a") }, { type: "search_result" }]);
  assert.deepEqual(own.warnings, []);
});
