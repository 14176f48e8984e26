import fc from "fast-check";
import { type Json, SIGNED_BY, UNKNOWN } from "./any-chat.ts";

/** Any body a caller can send in Anthropic's or in Gemini's dialect, and then some: what no reasonable caller sends has to be mapped too. */

const words = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 24 }) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  { weight: 2, arbitrary: fc.constantFrom("", " ", "\n\t", "{}", "[]", '{"a":1}', "\ud800", "__proto__", "null") },
);
const anyId = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("toolu_01A", "toolu_02", "call_1", "call_2", "search:0") },
  { weight: 1, arbitrary: fc.constantFrom("__proto__", "é ü", "a".repeat(900), "\ud800", "") },
);
const toolName = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("find", "send", "look_up") },
  { weight: 1, arbitrary: fc.constantFrom("functions.find", "__proto__", "a b", "é") },
);
const json = fc.jsonValue({ maxDepth: 3 });
const looseObject = fc.dictionary(fc.oneof(fc.string({ maxLength: 6 }), fc.constant("__proto__")), json, {
  maxKeys: 3,
});
const base64 = fc.constantFrom("iVBORw0KGgo=", "/9j/4AAQ", "R0lGODlh", "JVBERi0=", "QUJD", "");
/** What a caller brings back without a word about its maker was made by a provider of this dialect. */
const signature = fc.constantFrom("", `${SIGNED_BY}anthropic`, `${SIGNED_BY}gemini`);
const schema = fc.oneof(
  looseObject,
  fc.constantFrom({}, { type: "object" }, { type: "OBJECT", properties: { a: {} } }),
);

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

const cacheControl = perhaps(
  fields({ type: fc.constant("ephemeral"), ttl: perhaps(fc.constantFrom("5m", "1h", "soon")) }),
);
const source = fc.oneof(
  fields({ type: fc.constant("base64"), media_type: fc.constantFrom("image/png", "application/pdf"), data: base64 }),
  fields({ type: fc.constant("url"), url: fc.constantFrom("https://example.com/a.png", "x") }),
  fields({ type: fc.constant("file"), file_id: fc.constant("file_1") }),
  fields({ type: fc.constant("text"), media_type: fc.constant("text/plain"), data: words }),
);
const showing = fc.oneof(
  { weight: 5, arbitrary: fields({ type: fc.constant("text"), text: words, cache_control: cacheControl }) },
  { weight: 1, arbitrary: fields({ type: fc.constant("image"), source, cache_control: cacheControl }) },
  {
    weight: 1,
    arbitrary: fields({
      type: fc.constant("document"),
      source,
      title: perhaps(words),
      citations: perhaps(fc.constant({ enabled: true })),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: "odd_block", source: "x", data: 3, odd: UNKNOWN }) },
);
const block = fc.oneof(
  { weight: 5, arbitrary: showing },
  { weight: 2, arbitrary: fields({ type: fc.constant("tool_use"), id: anyId, name: toolName, input: looseObject }) },
  {
    weight: 2,
    arbitrary: fields({
      type: fc.constant("tool_result"),
      tool_use_id: anyId,
      is_error: perhaps(fc.boolean()),
      content: perhaps(fc.oneof(words, fc.array(showing, { maxLength: 2 })), 5),
    }),
  },
  { weight: 1, arbitrary: fields({ type: fc.constant("thinking"), thinking: words, signature }) },
  { weight: 1, arbitrary: fields({ type: fc.constant("redacted_thinking"), data: signature }) },
);

/** A body of `POST /v1/messages`. */
export const anyMessages: fc.Arbitrary<Json> = fields({
  model: fc.constant("m"),
  max_tokens: fc.constantFrom(1, 20, 2_000, 1_000_000),
  system: perhaps(fc.oneof(words, fc.array(showing, { maxLength: 2 }))),
  messages: fc.array(
    fields({
      role: fc.constantFrom("user", "user", "assistant", "assistant", "system"),
      content: fc.oneof(words, fc.array(block, { maxLength: 4 })),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  tools: perhaps(
    fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fields({ name: toolName, description: perhaps(words), input_schema: schema }) },
        { weight: 1, arbitrary: fields({ type: fc.constant("web_search_20250305"), name: fc.constant("web_search") }) },
      ),
      { maxLength: 3 },
    ),
    3,
  ),
  tool_choice: perhaps(
    fields({
      type: fc.constantFrom("auto", "any", "none", "tool", "odd"),
      name: toolName,
      disable_parallel_tool_use: perhaps(fc.boolean()),
    }),
  ),
  thinking: perhaps(
    fc.oneof(
      fields({ type: fc.constant("enabled"), budget_tokens: fc.constantFrom(0, 1_024, 100_000) }),
      fields({
        type: fc.constantFrom("adaptive", "disabled", "odd"),
        display: perhaps(fc.constantFrom("omitted", "summarized")),
      }),
    ),
  ),
  output_config: perhaps(
    fields({
      effort: perhaps(fc.constantFrom("low", "xhigh", "odd")),
      format: perhaps(fc.record({ type: fc.constantFrom("json_schema", "odd"), schema })),
    }),
  ),
  temperature: perhaps(fc.constantFrom(0, 1, 2)),
  top_p: perhaps(fc.constantFrom(0, 0.5, 1)),
  top_k: perhaps(fc.constantFrom(0, 5)),
  stop_sequences: perhaps(fc.array(words, { maxLength: 7 })),
  metadata: perhaps(fields({ user_id: perhaps(words) })),
  service_tier: perhaps(fc.constantFrom("auto", "standard_only", "odd")),
  stream: perhaps(fc.boolean()),
});

const response = fc.oneof(looseObject, fc.record({ output: words }), fc.record({ error: words }));
const geminiPart = fc.oneof(
  {
    weight: 5,
    arbitrary: fields({ text: words, thought: perhaps(fc.boolean()), thoughtSignature: perhaps(signature) }),
  },
  {
    weight: 1,
    arbitrary: fields({
      inline_data: fields({
        mime_type: fc.constantFrom("image/png", "audio/mp3", "video/mp4", "application/pdf"),
        data: base64,
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: fields({ fileData: fields({ fileUri: fc.constantFrom("https://example.com/a.pdf", "gs://b/c", "x") }) }),
  },
  {
    weight: 3,
    arbitrary: fields({
      functionCall: fields({ id: perhaps(anyId), name: toolName, args: perhaps(looseObject, 5) }),
      thoughtSignature: perhaps(signature),
    }),
  },
  { weight: 3, arbitrary: fields({ functionResponse: fields({ id: perhaps(anyId), name: toolName, response }) }) },
  { weight: 1, arbitrary: fc.constantFrom({}, { executableCode: { code: UNKNOWN } }, { thoughtSignature: "" }) },
);

/** A body of `generateContent`. */
export const anyGemini: fc.Arbitrary<Json> = fields({
  contents: fc.array(
    fields({
      role: perhaps(fc.constantFrom("user", "model", "model"), 9),
      parts: fc.array(geminiPart, { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  systemInstruction: perhaps(fc.oneof(words, fields({ parts: fc.array(geminiPart, { maxLength: 2 }) }))),
  safetySettings: perhaps(fc.constant([{ category: "C", threshold: UNKNOWN }])),
  tools: perhaps(
    fc.array(
      fc.oneof(
        fields({
          functionDeclarations: fc.array(
            fields({
              name: toolName,
              description: perhaps(words),
              parameters: perhaps(schema),
              parametersJsonSchema: perhaps(json),
            }),
            { maxLength: 3 },
          ),
        }),
        fc.constant({ googleSearch: {} }),
      ),
      { maxLength: 2 },
    ),
    3,
  ),
  tool_config: perhaps(
    fields({
      functionCallingConfig: fields({
        mode: fc.constantFrom("AUTO", "ANY", "NONE", "VALIDATED", "odd"),
        allowedFunctionNames: perhaps(fc.array(toolName, { maxLength: 2 })),
      }),
    }),
  ),
  generationConfig: perhaps(
    fields({
      maxOutputTokens: perhaps(fc.constantFrom(1, 20, 5_000_000_000)),
      candidateCount: perhaps(fc.constantFrom(1, 3)),
      temperature: perhaps(fc.constantFrom(0, 1, 2)),
      topK: perhaps(fc.constantFrom(0, 2.5)),
      seed: perhaps(fc.constantFrom(-1, 7)),
      stopSequences: perhaps(fc.array(words, { maxLength: 7 })),
      responseMimeType: perhaps(fc.constantFrom("application/json", "text/plain", "text/x.enum")),
      responseSchema: perhaps(schema),
      responseJsonSchema: perhaps(json),
      responseModalities: perhaps(fc.constant(["TEXT"])),
      thinkingConfig: perhaps(
        fields({
          thinkingBudget: perhaps(fc.constantFrom(-1, 0, 99_999)),
          thinkingLevel: perhaps(fc.constantFrom("LOW", "odd")),
        }),
      ),
      zzSetting: perhaps(fc.constant(UNKNOWN)),
    }),
    3,
  ),
});
