import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ChatRequest,
  Dialect,
  Message,
  Part,
  Role,
  Tool,
  ToolCall,
  ToolChoice,
  ToolChoiceMode,
} from "@sluice/proto/chat/v1/chat";
import { modelOf } from "../models.ts";
import { geminiGenerate } from "./compatible.ts";
import { gemini } from "./index.ts";

const provider = gemini({ baseUrl: undefined, abandon: undefined });
const SECOND = modelOf("gemini", { id: "gemini-2.5-flash", capabilities: ["tools", "reasoning"] });

const part = (kind: Part["kind"], fields: Partial<Part> = {}) => Part.create({ kind, ...fields });
const text = (value: string) => part({ $case: "text", value });
const say = (role: Role, ...parts: Part[]) => Message.create({ role, parts });
const user = (value: string) => say(Role.ROLE_USER, text(value));
const toolCall = (id: string, name: string, fields: Partial<ToolCall> = {}) =>
  part({ $case: "toolCall", value: ToolCall.create({ id, name, argumentsJson: "{}", ...fields }) });

function mapped(fields: Partial<ChatRequest>, model = SECOND) {
  const request = ChatRequest.create({ dialect: Dialect.DIALECT_OPENAI_CHAT, ...fields });
  const { body, warnings, path, headers } = provider.mapChat(request, model.id, model);
  return { body: JSON.parse(body) as Record<string, unknown>, warnings, path, headers };
}

const dropped = (warnings: readonly string[]) => warnings.map((sentence) => sentence.split(" is not")[0]);

test("the path names the method and holds nothing but the model; the key is a header", () => {
  assert.equal(mapped({}).path, "/models/gemini-2.5-flash:generateContent");
  assert.equal(mapped({ stream: true }).path, "/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
  const odd = modelOf("x", { id: "../a?b#c" });
  assert.equal(mapped({}, odd).path, "/models/..%2Fa%3Fb%23c:generateContent");
  assert.deepEqual(provider.authorize("k"), { "x-goog-api-key": "k" });
  assert.equal(provider.abandon, "drain");
});

test("every knob has its field", () => {
  const { body, warnings } = mapped({
    messages: [user("q")],
    tools: [
      Tool.create({
        name: "f",
        description: "d",
        parametersJson: '{"type":"object","properties":{"a":{"type":"string"}}}',
      }),
    ],
    toolChoice: ToolChoice.create({ mode: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, names: ["f"] }),
    sampling: { temperature: 0, topP: 0.5, topK: 7, seed: 7n, frequencyPenalty: 0, logitBias: {} },
    maxOutputTokens: 10n,
    stop: ["a", "b"],
    n: 2,
    logprobs: true,
    topLogprobs: 3,
    reasoning: { effort: "low" },
    serviceTier: "flex",
    modalities: ["text", "audio"],
    audioOutputJson: '{"voice":"Kore"}',
    stream: true,
  });
  assert.deepEqual(warnings, []);
  assert.deepEqual(body, {
    contents: [{ role: "user", parts: [{ text: "q" }] }],
    tools: [
      {
        functionDeclarations: [
          { name: "f", description: "d", parameters: { type: "object", properties: { a: { type: "string" } } } },
        ],
      },
    ],
    toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
    generationConfig: {
      temperature: 0,
      topP: 0.5,
      topK: 7,
      seed: 7,
      maxOutputTokens: 10,
      stopSequences: ["a", "b"],
      candidateCount: 2,
      responseLogprobs: true,
      logprobs: 3,
      responseModalities: ["TEXT", "AUDIO"],
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } },
      thinkingConfig: { thinkingBudget: 1_024, includeThoughts: true },
    },
    serviceTier: "flex",
  });
});

test("JSON is asked for by settings, or by words where the model takes tools or settings", () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };
  const responseFormat = (kind: 2 | 3, extra: object = {}) => ({
    responseFormat: { kind, name: "s", description: "", schemaJson: JSON.stringify({ ...schema, ...extra }) },
  });
  const settings = (fields: Partial<ChatRequest>) => mapped(fields).body["generationConfig"];
  const responseMimeType = "application/json";
  assert.deepEqual(settings(responseFormat(2)), { responseMimeType });
  assert.deepEqual(settings(responseFormat(3)), { responseMimeType, responseSchema: schema });
  const closed = { additionalProperties: false };
  assert.deepEqual(settings(responseFormat(3, closed)), {
    responseMimeType,
    responseJsonSchema: { ...schema, ...closed },
  });
  const tools = [Tool.create({ name: "f" })];
  const { body, warnings } = mapped({ ...responseFormat(3), tools });
  assert.equal(body["generationConfig"], undefined);
  assert.match(JSON.stringify(body["systemInstruction"]), /one JSON value.*properties/);
  assert.match(warnings.join(), /emulated/);
  const third = modelOf("gemini", { id: "gemini-3.5-flash" });
  assert.deepEqual(mapped({ ...responseFormat(2), tools }, third).body["generationConfig"], { responseMimeType });
});

test("tools are chosen in every way the wire knows", () => {
  const tools = [Tool.create({ name: "f" })];
  const choice = (mode: ToolChoiceMode, names: string[] = []) =>
    (mapped({ tools, toolChoice: ToolChoice.create({ mode, names }) }).body["toolConfig"] as Record<string, unknown>)[
      "functionCallingConfig"
    ];
  assert.deepEqual(choice(ToolChoiceMode.TOOL_CHOICE_MODE_AUTO), { mode: "AUTO" });
  assert.deepEqual(choice(ToolChoiceMode.TOOL_CHOICE_MODE_AUTO, ["f"]), {
    mode: "VALIDATED",
    allowedFunctionNames: ["f"],
  });
  assert.deepEqual(choice(ToolChoiceMode.TOOL_CHOICE_MODE_NONE), { mode: "NONE" });
  assert.deepEqual(choice(ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED), { mode: "ANY" });
  const alone = mapped({ toolChoice: ToolChoice.create({ mode: ToolChoiceMode.TOOL_CHOICE_MODE_NONE }) });
  assert.equal(alone.body["toolConfig"], undefined);
});

test("what the wire cannot say becomes a warning, never an error", () => {
  const sampling = { minP: 0.1, seed: 2n ** 40n, frequencyPenalty: 0.5, logitBias: { "5": 1 } };
  const { body, warnings } = mapped({
    sampling,
    stop: ["1", "2", "3", "4", "5", "6"],
    metadata: { k: "v" },
    parallelToolCalls: false,
    tools: [Tool.create({ name: "f", strict: true }), Tool.create({ name: "", type: "web_search" })],
    messages: [
      say(Role.ROLE_USER, part({ $case: "text", value: "x" }, { cacheControl: { type: "ephemeral", ttlSeconds: 0 } })),
    ],
    extraJson: '{"web_search_options":{}}',
  });
  assert.deepEqual(dropped(warnings), [
    "web_search_options",
    "cache_control",
    "Enforcing a tool's schema (strict)",
    "The tool type web_search",
    "parallel_tool_calls: false",
    "frequency_penalty",
    "A seed beyond 32 bits",
    "min_p",
    "logit_bias",
    "At most 5 stop strings are supported; 1 were dropped.",
    "metadata",
  ]);
  assert.deepEqual(body["generationConfig"], { stopSequences: ["1", "2", "3", "4", "5"] });
  assert.throws(() => mapped({ tools: [Tool.create({ name: "f", parametersJson: "{" })] }), {
    code: "invalid_request",
    message: /tools\[0\]\.parameters/,
  });
});

test("unknown fields pass in Google's own dialect, but never past a bound", () => {
  const extra = {
    safetySettings: [],
    contents: [1],
    system_instruction: { parts: [] },
    generationConfig: { mediaResolution: "MEDIA_RESOLUTION_LOW", maxOutputTokens: 9_999, candidate_count: 8 },
    generation_config: { max_output_tokens: 9_999 },
    toolConfig: { includeServerSideToolInvocations: true },
  };
  const tools = [Tool.create({ name: "", type: "googleSearch" }), Tool.create({ name: "f" })];
  const fields = { tools, maxOutputTokens: 5n, extraJson: JSON.stringify(extra) };
  assert.deepEqual(mapped({ ...fields, dialect: Dialect.DIALECT_GEMINI }).body, {
    safetySettings: [],
    contents: [],
    tools: [{ functionDeclarations: [{ name: "f" }] }, { googleSearch: {} }],
    toolConfig: { includeServerSideToolInvocations: true },
    generationConfig: { mediaResolution: "MEDIA_RESOLUTION_LOW", maxOutputTokens: 5 },
  });
  assert.deepEqual(Object.keys(mapped(fields).body).sort(), ["contents", "generationConfig", "tools"]);
});

test("another provider is assembled from the same wire", () => {
  const other = geminiGenerate({
    name: "other",
    baseUrl: "http://a/v1beta",
    models: [],
    credential: "none",
    abandon: "abort",
  });
  assert.deepEqual([other.name, other.credential, other.abandon, other.simulated], ["other", "none", "abort", false]);
  const signed = toolCall("c", "f", { signature: "s", provider: "gemini" });
  const request = ChatRequest.create({ messages: [user("q"), say(Role.ROLE_ASSISTANT, signed)] });
  assert.doesNotMatch(other.mapChat(request, "m", modelOf("x", { id: "m" })).body, /thoughtSignature/);
});
