import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { ChatRequest, Dialect, ResponseFormatKind, Role, ToolChoiceMode } from "@sluice/proto/chat/v1/chat";
import { printCarried } from "../../answer/carried.ts";
import { geminiParser } from "./request.ts";

const parser = geminiParser({ choicesMax: 4, messagesMax: 100, toolsMax: 10, partsMax: 50 });
const parse = (body: unknown) => parser(body, { model: "m", stream: false });
const hi = { contents: [{ parts: [{ text: "Hi" }] }] };
const say = (...contents: object[]) => parse({ contents }).messages;
const faults = (body: unknown, model = "m"): string => {
  try {
    parser(body, { model, stream: false });
  } catch (error) {
    assert.ok(error instanceof SluiceError);
    assert.equal(error.code, "invalid_request");
    return error.message;
  }
  return "";
};

test("the plainest request", () => {
  const chat = parser(hi, { model: "sim/small", stream: true });
  assert.deepEqual([chat.model, chat.stream, chat.dialect], ["sim/small", true, Dialect.DIALECT_GEMINI]);
  assert.equal(chat.messages[0]?.role, Role.ROLE_USER);
  assert.deepEqual(chat.messages[0]?.parts[0]?.kind, { $case: "text", value: "Hi" });
  assert.equal(chat.extraJson, "");
  assert.deepEqual(ChatRequest.decode(ChatRequest.encode(chat).finish()), chat);
});

test("every setting has its place, in either spelling, and the rest travels as it is", () => {
  const chat = parse({
    ...hi,
    system_instruction: { parts: [{ text: "Be brief." }] },
    safetySettings: [{ category: "C", threshold: "T" }],
    generation_config: {
      temperature: 0.2,
      top_p: 0.9,
      topK: 3,
      candidateCount: 2,
      maxOutputTokens: 9,
      stopSequences: ["a"],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      responseLogprobs: true,
      logprobs: 2,
      responseModalities: ["TEXT", "IMAGE"],
      thinking_config: { include_thoughts: true, thinking_level: "LOW" },
      speechConfig: { languageCode: "de" },
    },
    toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] }, retrievalConfig: { a: 1 } },
    tools: [{ functionDeclarations: [{ name: "f", behavior: "BLOCKING" }] }, { google_search: {} }],
  });
  assert.deepEqual(ChatRequest.decode(ChatRequest.encode(chat).finish()), chat);
  assert.equal(chat.messages[0]?.role, Role.ROLE_SYSTEM);
  assert.deepEqual([chat.n, chat.maxOutputTokens, chat.stop, chat.logprobs, chat.topLogprobs], [2, 9n, ["a"], true, 2]);
  assert.deepEqual([chat.sampling?.topP, chat.sampling?.topK, chat.sampling?.seed], [0.9, 3, 7n]);
  assert.deepEqual([chat.reasoning?.effort, chat.reasoning?.include], ["low", true]);
  assert.deepEqual(chat.modalities, ["text", "image"]);
  assert.deepEqual(chat.toolChoice, { mode: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, names: ["f"], unknownJson: "" });
  assert.deepEqual(
    chat.tools.map(({ type, extraJson }) => [type, extraJson]),
    [
      ["function", '{"behavior":"BLOCKING"}'],
      ["googleSearch", '{"googleSearch":{}}'],
    ],
  );
  assert.deepEqual(JSON.parse(chat.extraJson), {
    safetySettings: [{ category: "C", threshold: "T" }],
    generationConfig: { speechConfig: { languageCode: "de" } },
    toolConfig: { retrievalConfig: { a: 1 } },
  });
});

test("schemas of Google's kind become JSON Schema, and stay beside it as they were", () => {
  const parameters = {
    type: "OBJECT",
    properties: {
      city: { type: "STRING", nullable: true, enum: ["a"] },
      type: { type: "ARRAY", items: { any_of: [{ type: "INTEGER" }] }, minItems: "2" },
    },
    propertyOrdering: ["city"],
  };
  const chat = parse({
    ...hi,
    tools: { functionDeclarations: [{ name: "f", parameters }] },
    generationConfig: { responseMimeType: "application/json", responseSchema: parameters },
  });
  const schema = {
    type: "object",
    properties: {
      city: { type: ["string", "null"], enum: ["a", null] },
      type: { type: "array", items: { anyOf: [{ type: "integer" }] }, minItems: 2 },
    },
  };
  assert.deepEqual(JSON.parse(chat.tools[0]?.parametersJson ?? ""), schema);
  assert.deepEqual(JSON.parse(chat.tools[0]?.exactJson ?? ""), { parameters });
  assert.equal(chat.responseFormat?.kind, ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA);
  assert.deepEqual(JSON.parse(chat.responseFormat?.schemaJson ?? ""), schema);
  const odd = parse({
    ...hi,
    generationConfig: { responseMimeType: "text/x.enum", responseSchema: { type: "STRING" } },
  });
  assert.equal(odd.responseFormat, undefined);
  assert.match(odd.extraJson, /text\/x\.enum/);
});

test("results of functions are messages of their own", () => {
  const [call, good, bad, words] = say(
    { role: "model", parts: [{ functionCall: { name: "f", args: { a: 1 } }, thoughtSignature: "sig" }] },
    {
      role: "user",
      parts: [
        { functionResponse: { name: "f", response: { output: "mild" } } },
        {
          functionResponse: { id: "i", name: "g", response: { error: "no" }, parts: [{ inlineData: { data: "AA" } }] },
        },
        { text: "and?" },
      ],
    },
  );
  const value = { id: "", name: "f", argumentsJson: '{"a":1}', signature: "sig", type: "function", provider: "" };
  assert.deepEqual(call?.parts[0]?.kind, { $case: "toolCall", value });
  assert.equal(good?.role, Role.ROLE_TOOL);
  const first = good?.parts[0]?.kind;
  assert.ok(first?.$case === "toolResult");
  assert.deepEqual([first.value.name, first.value.parts[0]?.kind], ["f", { $case: "text", value: "mild" }]);
  const second = bad?.parts[0]?.kind;
  assert.ok(second?.$case === "toolResult");
  assert.deepEqual([second.value.isError, second.value.toolCallId, second.value.parts.length], [true, "i", 2]);
  assert.equal(words?.role, Role.ROLE_USER);
});

test("media by kind, and parts nobody here knows whole", () => {
  const code = { executableCode: { language: "PYTHON", code: "1" } };
  const clip = { inlineData: { mimeType: "video/mp4", data: "AAAA", displayName: "x" } };
  const parts = say({
    parts: [
      { inline_data: { mime_type: "image/png", data: "_-_-" } },
      { inlineData: { mimeType: "audio/mp3", data: "AAAA" } },
      { fileData: { fileUri: "https://x/y.pdf", mimeType: "application/pdf" } },
      code,
      clip,
    ],
  })[0]?.parts;
  assert.deepEqual(
    parts?.map(({ kind }) => kind?.$case),
    ["image", "audio", "file", "unknownJson", "unknownJson"],
  );
  const image = parts?.[0]?.kind;
  assert.ok(image?.$case === "image" && image.value.media?.source?.$case === "data");
  assert.equal(Buffer.from(image.value.media.source.value).toString("base64"), "/+/+");
  assert.deepEqual(
    parts?.slice(3).map(({ kind }) => kind?.$case === "unknownJson" && JSON.parse(kind.value)),
    [code, clip],
  );
});

test("signatures: Google's own stay where they were, others' come back to their maker", () => {
  const seal = (of: "thinking" | "call", signature: string) =>
    printCarried({ of, provider: "anthropic", id: "", signature, redacted: false });
  const [answer] = say(
    { role: "model", parts: [{ text: "let me ", thought: true }] },
    { role: "model", parts: [{ text: "see", thought: true, thoughtSignature: seal("thinking", "s1") }] },
    {
      role: "model",
      parts: [
        { text: "words", thoughtSignature: "own" },
        { functionCall: { name: "f" }, thoughtSignature: seal("call", "s2") },
      ],
    },
  );
  const kinds = answer?.parts.map(({ kind }) => kind);
  const reasoning = { text: "let me see", signature: "s1", redacted: false, id: "", provider: "anthropic" };
  assert.deepEqual(kinds?.[0], { $case: "reasoning", value: reasoning });
  assert.equal(answer?.parts[1]?.extraJson, '{"thoughtSignature":"own"}');
  assert.ok(kinds?.[2]?.$case === "toolCall");
  assert.deepEqual([kinds[2].value.signature, kinds[2].value.provider], ["s2", "anthropic"]);
});

test("faults are named in the words of this dialect, all at once, and there are limits", () => {
  assert.match(faults({}), /contents is required/);
  const wrong = faults({
    contents: [
      { role: "robot", parts: [] },
      { parts: [{ inlineData: { data: "*" } }, { text: "a", fileData: { fileUri: "x" } }] },
    ],
    generationConfig: { maxOutputTokens: 0 },
  });
  assert.match(wrong, /contents\[0\]\.role must be one of/);
  assert.match(wrong, /generationConfig\.maxOutputTokens must be at least 1; got 0/);
  assert.match(wrong, /contents\[1\]\.parts\[0\]\.inlineData\.data is not valid base64/);
  assert.match(wrong, /contents\[1\]\.parts\[1\] may hold one of text, fileData, not several/);
  assert.match(faults(hi, "a\u0000"), /model must be/);
  assert.match(
    faults({ contents: Array.from({ length: 101 }, () => ({ parts: [] })) }),
    /at most 100 entries; got 101/,
  );
  assert.match(faults({ contents: [{ parts: Array.from({ length: 51 }, () => ({})) }] }), /at most 50 parts; got 51/);
  const functionDeclarations = Array.from({ length: 11 }, () => ({ name: "f" }));
  assert.match(faults({ ...hi, tools: [{ functionDeclarations }] }), /tools must have at most 10 entries; got 11/);
  // One tool may stand without a list, and its functions are counted all the same.
  assert.match(faults({ ...hi, tools: { functionDeclarations } }), /tools must have at most 10 entries; got 11/);
  const result = { name: "f", parts: Array.from({ length: 50 }, () => 0) };
  assert.match(faults({ contents: [{ parts: [{ functionResponse: result }] }] }), /at most 50 parts; got 51/);
  assert.match(faults({ contents: [{ parts: [{ function_response: result }] }] }), /at most 50 parts; got 51/);
});
