import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AudioPart,
  ChatRequest,
  Dialect,
  FilePart,
  ImagePart,
  Media,
  Message,
  Part,
  ReasoningPart,
  Role,
  ToolCall,
  ToolResult,
} from "@sluice/proto/chat/v1/chat";
import { modelOf } from "../models.ts";
import { gemini } from "./index.ts";

const provider = gemini({ baseUrl: undefined, abandon: undefined });
const THIRD = modelOf("gemini", { id: "gemini-3-flash-preview", capabilities: ["tools", "reasoning"] });
const SECOND = modelOf("gemini", { id: "gemini-2.5-flash", capabilities: ["tools", "reasoning"] });

const part = (kind: Part["kind"], fields: Partial<Part> = {}) => Part.create({ kind, ...fields });
const text = (value: string) => part({ $case: "text", value });
const say = (role: Role, ...parts: Part[]) => Message.create({ role, parts });
const user = (value: string) => say(Role.ROLE_USER, text(value));
const media = (source: Media["source"], mimeType = "", name = "") => Media.create({ source, mimeType, name });
const toolCall = (id: string, name: string, fields: Partial<ToolCall> = {}) =>
  part({ $case: "toolCall", value: ToolCall.create({ id, name, argumentsJson: "{}", ...fields }) });
const toolResult = (toolCallId: string, ...parts: Part[]) =>
  part({ $case: "toolResult", value: ToolResult.create({ toolCallId, parts }) });
const thought = (value: string, signature: string, from = "gemini") =>
  part({ $case: "reasoning", value: ReasoningPart.create({ text: value, signature, provider: from }) });

function mapped(fields: Partial<ChatRequest>, model = SECOND) {
  const request = ChatRequest.create({ dialect: Dialect.DIALECT_OPENAI_CHAT, ...fields });
  const { body, warnings, path, headers } = provider.mapChat(request, model.id, model);
  return { body: JSON.parse(body) as Record<string, unknown>, warnings, path, headers };
}

const contentsOf = (messages: Message[], model = SECOND) => mapped({ messages }, model).body["contents"];
const dropped = (warnings: readonly string[]) => warnings.map((sentence) => sentence.split(" is not")[0]);

test("instructions stand apart, neighbours of one role are one turn", () => {
  const messages = [
    say(Role.ROLE_SYSTEM, text("s")),
    say(Role.ROLE_DEVELOPER, text("d")),
    user("a"),
    user("b"),
    say(Role.ROLE_ASSISTANT, text("c")),
    say(Role.ROLE_ASSISTANT, text("")),
    user("e"),
  ];
  const { body, warnings } = mapped({ messages });
  assert.deepEqual(body, {
    contents: [
      { role: "user", parts: [{ text: "a" }, { text: "b" }] },
      { role: "model", parts: [{ text: "c" }] },
      { role: "user", parts: [{ text: "e" }] },
    ],
    systemInstruction: { parts: [{ text: "s" }, { text: "d" }] },
  });
  assert.deepEqual(warnings, []);
  const alone = mapped({ messages: messages.slice(0, 1) });
  assert.deepEqual(alone.body, { contents: [{ role: "user", parts: [{ text: "s" }] }] });
  assert.equal(alone.warnings.length, 1);
});

test("media go as bytes or addresses with a type of their own", () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
  const image = (value: Media) => part({ $case: "image", value: ImagePart.create({ media: value }) });
  const file = (value: Media) => part({ $case: "file", value: FilePart.create({ media: value }) });
  const audio = AudioPart.create({ format: "mp3", media: media({ $case: "data", value: Uint8Array.of(1) }) });
  const messages = [
    say(
      Role.ROLE_USER,
      image(media({ $case: "data", value: png })),
      image(media({ $case: "url", value: "https://i.example/a.webp?x=1" })),
      image(media({ $case: "url", value: "data:image/gif;base64,AQID" })),
      part({ $case: "audio", value: audio }),
      file(media({ $case: "data", value: Uint8Array.of(2) }, "", "notes.txt")),
      file(media({ $case: "fileId", value: "files/abc" }, "application/pdf")),
      file(media({ $case: "fileId", value: "file-of-another" })),
    ),
  ];
  const { body, warnings } = mapped({ messages });
  const fileUri = "https://generativelanguage.googleapis.com/v1beta/files/abc";
  assert.deepEqual((body["contents"] as { parts: unknown }[])[0]?.parts, [
    { inlineData: { mimeType: "image/png", data: "iVBORw==" } },
    { fileData: { fileUri: "https://i.example/a.webp?x=1", mimeType: "image/webp" } },
    { inlineData: { mimeType: "image/gif", data: "AQID" } },
    { inlineData: { mimeType: "audio/mp3", data: "AQ==" } },
    { inlineData: { mimeType: "text/plain", data: "Ag==" } },
    { fileData: { fileUri, mimeType: "application/pdf" } },
  ]);
  assert.deepEqual(dropped(warnings), ["A file by file id"]);
});

test("results of a parallel turn are one turn, with names, objects and error marks", () => {
  const failed = part({
    $case: "toolResult",
    value: ToolResult.create({ toolCallId: "c2", parts: [text("no")], isError: true }),
  });
  const messages = [
    user("q"),
    say(
      Role.ROLE_ASSISTANT,
      toolCall("c1", "f", { argumentsJson: '{"a":1}' }),
      toolCall("c2", "g"),
      toolCall("c3", "h"),
    ),
    say(Role.ROLE_TOOL, toolResult("c1", text('{"t":5}'))),
    say(Role.ROLE_TOOL, failed),
    say(Role.ROLE_TOOL, toolResult("c3", text("[1]"))),
    user("and?"),
  ];
  const result = (id: string, name: string, response: object) => ({ functionResponse: { id, name, response } });
  assert.deepEqual((contentsOf(messages) as unknown[]).slice(1), [
    {
      role: "model",
      parts: [
        { functionCall: { id: "c1", name: "f", args: { a: 1 } } },
        { functionCall: { id: "c2", name: "g", args: {} } },
        { functionCall: { id: "c3", name: "h", args: {} } },
      ],
    },
    {
      role: "user",
      parts: [
        result("c1", "f", { t: 5 }),
        result("c2", "g", { error: "no" }),
        result("c3", "h", { output: "[1]" }),
        { text: "and?" },
      ],
    },
  ]);
  const stray = mapped({ messages: [say(Role.ROLE_TOOL, toolResult("zz", text("x")))] });
  assert.match(stray.warnings.join(), /without its call/);
  const broken = say(Role.ROLE_ASSISTANT, toolCall("c", "f", { argumentsJson: "{broken" }));
  assert.deepEqual((contentsOf([user("q"), broken]) as { parts: unknown }[])[1]?.parts, [
    { functionCall: { id: "c", name: "f", args: { arguments: "{broken" } } },
  ]);
});

test("what a tool shows goes inside its result where the model takes that, else behind it", () => {
  const shown = part({
    $case: "image",
    value: ImagePart.create({ media: media({ $case: "data", value: Uint8Array.of(1) }, "image/png") }),
  });
  const messages = [user("q"), say(Role.ROLE_ASSISTANT, toolCall("c1", "f", { signature: "s", provider: "gemini" }))];
  messages.push(say(Role.ROLE_TOOL, toolResult("c1", text("seen"), shown)));
  const inlineData = { mimeType: "image/png", data: "AQ==" };
  const functionResponse = { id: "c1", name: "f", response: { output: "seen" } };
  const last = (model: typeof THIRD) => (contentsOf(messages, model) as { parts: unknown }[]).at(-1)?.parts;
  assert.deepEqual(last(SECOND), [{ functionResponse }, { inlineData }]);
  assert.deepEqual(last(THIRD), [{ functionResponse: { ...functionResponse, parts: [{ inlineData }] } }]);
});

test("signatures go back byte for byte where they came from, and only to whoever made them", () => {
  const turn = (...parts: Part[]) =>
    contentsOf([user("q"), say(Role.ROLE_ASSISTANT, ...parts)], THIRD) as { parts: unknown[] }[];
  const signed = turn(
    thought("hm", ""),
    thought("", "s+/1=="),
    thought("so", "s2"),
    text("Hi"),
    toolCall("c1", "f", { signature: "s3", provider: "gemini" }),
    toolCall("c2", "g"),
  );
  assert.deepEqual(signed[1]?.parts, [
    { text: "so", thought: true, thoughtSignature: "s2" },
    { text: "Hi" },
    { text: "", thoughtSignature: "s+/1==" },
    { functionCall: { id: "c1", name: "f", args: {} }, thoughtSignature: "s3" },
    { functionCall: { id: "c2", name: "g", args: {} } },
  ]);
  const foreign = mapped(
    { messages: [user("q"), say(Role.ROLE_ASSISTANT, thought("x", "y", "other"), text("z"))] },
    THIRD,
  );
  assert.deepEqual(dropped(foreign.warnings), ["Reasoning of another provider"]);
  assert.doesNotMatch(JSON.stringify(foreign.body), /"y"|"x"/);
});

test("calls from elsewhere get Google's placeholder, in the turn under way and where a model asks for signatures", () => {
  const step = (id: string) => [
    say(Role.ROLE_ASSISTANT, toolCall(id, "f", { signature: "theirs", provider: "other" }), toolCall(`${id}b`, "f")),
    say(Role.ROLE_TOOL, toolResult(id, text("1")), toolResult(`${id}b`, text("2"))),
  ];
  const messages = [
    user("q"),
    ...step("a"),
    say(Role.ROLE_ASSISTANT, text("done")),
    user("again"),
    ...step("b"),
    ...step("c"),
  ];
  const signatures = (model: typeof THIRD) =>
    (contentsOf(messages, model) as { parts: { thoughtSignature?: string }[] }[]).map(({ parts }) =>
      parts.map(({ thoughtSignature }) => thoughtSignature),
    );
  const skip = "skip_thought_signature_validator";
  const none = undefined;
  assert.deepEqual(signatures(SECOND).flat().filter(Boolean), []);
  assert.deepEqual(signatures(THIRD), [
    [none],
    [none, none],
    [none, none],
    [none],
    [none],
    [skip, none],
    [none, none],
    [skip, none],
    [none, none],
  ]);
});
