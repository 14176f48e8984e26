import fc from "fast-check";

/** Any body a caller can send in OpenAI's dialect, and then some: what no reasonable caller sends has to be mapped too. */

/** Stands in every field nobody knows: it may never reach a wire of another family. */
export const UNKNOWN = "zz-unknown-zz";
/** Begins every signature; the maker's name follows. */
export const SIGNED_BY = "signed-by-";

export type Json = Record<string, unknown>;

const MAKERS = ["anthropic", "gemini", "openrouter", "sim-anthropic", "nobody", ""];

const huge = fc.constantFrom(5_000, 70_000).map((length) => "x y".repeat(length / 2));
const words = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 24 }) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      " ",
      "\n\t",
      "{}",
      "[]",
      '{"a":1}',
      "\ud800",
      "a\udc00b",
      "__proto__",
      "null",
      "\u0000",
    ),
  },
  { weight: 1, arbitrary: huge },
);
const anyId = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      "call_1",
      "call_2",
      "toolu_01A",
      "search:0",
      "functions.find:0",
      "abcDEF123",
      "",
      "chatcmpl-tool-2",
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("__proto__", "constructor", "é ü", "a".repeat(900), "\ud800") },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);
const toolName = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("find", "send", "look_up", "a".repeat(64)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("functions.find", "__proto__", "toString", "sluice_json_answer", "a b", "é"),
  },
);
const json = fc.jsonValue({ maxDepth: 3 });
const looseObject = fc.dictionary(fc.oneof(fc.string({ maxLength: 6 }), fc.constant("__proto__")), json, {
  maxKeys: 3,
});

function perhaps<T>(arbitrary: fc.Arbitrary<T>, weight = 1): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight, arbitrary });
}

/** Leaves out the undefined fields and adds, now and then, one nobody knows. */
function fields(model: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Json> {
  return fc.tuple(fc.record(model), fc.nat(9)).map(([made, dice]) => {
    const given = Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined));
    return dice === 0 ? { ...given, zz_unknown: UNKNOWN } : given;
  });
}

const cacheControl = fields({
  type: fc.constantFrom("ephemeral", "ephemeral", "persistent"),
  ttl: perhaps(fc.constantFrom("5m", "1h", "90s", 7_200, "soon")),
});
const base64 = fc.constantFrom("", "iVBORw0KGgo=", "/9j/4AAQ", "R0lGODlh", "JVBERi0=", "QUJD");
const dataUrl = fc
  .tuple(fc.constantFrom("image/png", "image/bmp", "text/plain", "application/pdf", "application/zip", ""), base64)
  .map(([type, data]) => `data:${type};base64,${data}`);
const address = fc.constantFrom("https://example.com/a.png", "https://example.com/__proto__", "gs://b/c", "x");

const part = fc.oneof(
  { weight: 6, arbitrary: fields({ type: fc.constant("text"), text: words, cache_control: perhaps(cacheControl) }) },
  {
    weight: 2,
    arbitrary: fields({
      type: fc.constant("image_url"),
      image_url: fc.record({
        url: fc.oneof(dataUrl, address),
        detail: perhaps(fc.constantFrom("low", "high", "auto")),
      }),
      cache_control: perhaps(cacheControl),
    }),
  },
  {
    weight: 1,
    arbitrary: fields({
      type: fc.constant("input_audio"),
      input_audio: fc.record({ data: base64, format: fc.constantFrom("wav", "mp3", "odd", "__proto__") }),
    }),
  },
  {
    weight: 1,
    arbitrary: fields({
      type: fc.constant("file"),
      file: fc.oneof(
        fc.record({ file_data: dataUrl, filename: perhaps(fc.constantFrom("a.pdf", "b.csv", "c")) }),
        fc.record({ file_id: fc.constantFrom("file-1", "files/2", "gs://b/c") }),
      ),
    }),
  },
  { weight: 1, arbitrary: fields({ type: fc.constant("refusal"), refusal: words }) },
  { weight: 1, arbitrary: fc.constant({ type: "odd_part", odd: UNKNOWN }) },
);
const content = fc.oneof(words, fc.array(part, { maxLength: 4 }));

const signed = fc.constantFrom(...MAKERS).map((provider) => ({ provider, signature: SIGNED_BY + provider }));
const detail = fc.oneof(
  fc.tuple(signed, words).map(([made, text]) => ({ type: "reasoning.text", text, ...made })),
  signed.map(({ provider, signature }) => ({ type: "reasoning.encrypted", data: signature, provider })),
  fc
    .tuple(signed, words)
    .map(([{ provider }, summary]) => ({ type: "reasoning.summary", summary, provider, id: "rs_1" })),
  fc.tuple(signed, words).map(([{ provider }, text]) => ({ type: "reasoning.text", text, provider })),
);
const argumentsText = fc.oneof(
  fc.constantFrom("{}", '{"q":"x"}', "", " ", "{", "[1]", '"text"', "null", '{"__proto__":{"a":1}}', '{"a":1,"a":2}'),
  looseObject.map((value) => JSON.stringify(value)),
);
const toolCall = fc.oneof(
  {
    weight: 6,
    arbitrary: fields({
      id: anyId,
      type: fc.constant("function"),
      function: fc.record({ name: toolName, arguments: argumentsText }),
      extra_content: perhaps(
        signed.map(({ provider, signature }) => ({ [provider || "x"]: { thought_signature: signature } })),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fields({ id: anyId, type: fc.constant("custom"), custom: fc.record({ name: toolName, input: words }) }),
  },
);

const asked = fields({
  role: fc.constantFrom("user", "user", "user", "system", "developer"),
  content,
  name: perhaps(fc.constantFrom("ann", "é", "x".repeat(200))),
});
const answered = fields({
  role: fc.constant("assistant"),
  content: fc.oneof(content, fc.constant(null)),
  refusal: perhaps(words),
  reasoning_content: perhaps(words),
  reasoning_details: perhaps(fc.array(detail, { maxLength: 3 })),
  tool_calls: perhaps(fc.array(toolCall, { maxLength: 3 }), 3),
  audio: perhaps(fc.constant({ id: "audio_1" })),
}).map((message) => (message["content"] === null ? { ...message, content: null, refusal: "No." } : message));
const result = fields({ role: fc.constant("tool"), tool_call_id: anyId.map((id) => id || "call_1"), content });
const oldResult = fc.record({ role: fc.constant("function"), name: toolName, content: words });
const oldCall = fc.record({
  role: fc.constant("assistant"),
  content: fc.constant(null),
  function_call: fc.record({ name: toolName, arguments: argumentsText }),
});

/** A step with tools as a well-behaved caller writes it, with ids as some provider made them. */
const toolStep = fc
  .array(toolCall, { minLength: 1, maxLength: 3 })
  .chain((calls) =>
    fc
      .tuple(fc.constant(calls), fc.array(content, { minLength: calls.length, maxLength: calls.length }))
      .map(([made, texts]) => [
        { role: "assistant", content: null, tool_calls: made },
        ...made.map((call, at) => ({ role: "tool", tool_call_id: call["id"] || "call_1", content: texts[at] ?? "" })),
      ]),
  );
const conversation = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: asked.map((message) => [message]) },
      { weight: 3, arbitrary: answered.map((message) => [message]) },
      { weight: 1, arbitrary: result.map((message) => [message]) },
      { weight: 3, arbitrary: toolStep },
      { weight: 1, arbitrary: fc.tuple(oldCall, oldResult).map((both): Json[] => both) },
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((steps): Json[] => steps.flat());

const schema: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    {},
    { type: "object", properties: {} },
    {
      type: "object",
      properties: { q: { type: "string", pattern: "^a" } },
      required: ["q"],
      additionalProperties: false,
    },
    { type: ["object", "null"], properties: { pattern: { const: 1 } } },
    { $ref: "#/$defs/a", $defs: { a: { type: "object", properties: { a: { $ref: "#/$defs/a" } } } } },
    { anyOf: [{ type: "object" }, { type: "array", items: true }] },
    { type: "string" },
    { type: "array" },
    JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"number"}}}',
    ) as Json,
    JSON.parse(`${'{"type":"object","properties":{"a":'.repeat(40)}{}${"}}".repeat(40)}`) as Json,
  ),
  looseObject,
);
const strict = perhaps(fc.boolean());
const tool = fc.oneof(
  {
    weight: 6,
    arbitrary: fields({
      type: fc.constant("function"),
      function: fields({ name: toolName, description: perhaps(words), parameters: perhaps(schema, 6), strict }),
      cache_control: perhaps(cacheControl),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: "custom", custom: { name: "free", format: UNKNOWN } }) },
  { weight: 1, arbitrary: fc.constant({ type: "web_search", zz_unknown: UNKNOWN }) },
);
const toolChoice = fc.oneof(
  fc.constantFrom("auto", "none", "required"),
  fc.constantFrom("find", "send", "never_heard_of").map((name) => ({ type: "function", function: { name } })),
  fc.constantFrom("auto", "required").map((mode) => ({
    type: "allowed_tools",
    allowed_tools: { mode, tools: [{ type: "function", function: { name: "find" } }] },
  })),
  fc.constant({ type: "custom", custom: { name: "free", zz_unknown: UNKNOWN } }),
);
const responseFormat = fc.oneof(
  fc.constantFrom({ type: "text" }, { type: "json_object" }, { type: "grammar", grammar: UNKNOWN }),
  fc.tuple(schema, strict, fc.nat(5)).map(([made, held, dice]) => ({
    type: "json_schema",
    json_schema: { name: "answer", ...(dice > 0 && { schema: made }), ...(held !== undefined && { strict: held }) },
  })),
);
const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, 0.5, 1, 1.5, 2, -1));
const limit = fc.oneof(
  fc.integer({ min: 1, max: 5_000 }),
  fc.constantFrom(1, 1_024, 1_025, 200_000, Number.MAX_SAFE_INTEGER),
);

/** Bodies that say much: nearly every one passes the door. */
export const anyBody: fc.Arbitrary<Json> = fields({
  model: fc.constant("m"),
  messages: conversation,
  tools: perhaps(fc.array(tool, { maxLength: 4 }), 3),
  tool_choice: perhaps(toolChoice, 2),
  parallel_tool_calls: perhaps(fc.boolean()),
  response_format: perhaps(responseFormat),
  temperature: perhaps(number),
  top_p: perhaps(number),
  top_k: perhaps(fc.nat(100)),
  min_p: perhaps(number),
  frequency_penalty: perhaps(number),
  presence_penalty: perhaps(number),
  seed: perhaps(fc.maxSafeInteger()),
  logit_bias: perhaps(fc.constantFrom({}, { 50256: -100 })),
  max_tokens: perhaps(limit),
  max_completion_tokens: perhaps(limit),
  stop: perhaps(fc.oneof(words, fc.array(words, { maxLength: 8 }))),
  n: perhaps(fc.integer({ min: 1, max: 4 })),
  logprobs: perhaps(fc.boolean()),
  top_logprobs: perhaps(fc.nat(20)),
  metadata: perhaps(fc.constantFrom({}, { a: "b" }, { user_id: "u".repeat(400) })),
  user: perhaps(fc.constantFrom("ann", "", "u".repeat(1_000))),
  service_tier: perhaps(fc.constantFrom("auto", "flex", "priority", "__proto__")),
  modalities: perhaps(fc.constantFrom(["text"], ["text", "audio"], [])),
  audio: perhaps(fc.constantFrom({ voice: "alloy", format: "wav" }, { zz_unknown: UNKNOWN })),
  prompt_cache_key: perhaps(fc.constantFrom("k", "")),
  store: perhaps(fc.boolean()),
  reasoning_effort: perhaps(
    fc.constantFrom("none", "minimal", "low", "medium", "high", "xhigh", "odd", "__proto__"),
    2,
  ),
  stream: perhaps(fc.boolean()),
  stream_options: perhaps(fc.constantFrom({ include_usage: true }, { zz_unknown: UNKNOWN })),
  max_output_tokens: perhaps(fc.constantFrom(999_999_999)),
});
