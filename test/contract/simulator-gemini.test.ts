import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  ApiError,
  type Content,
  FunctionCallingConfigMode,
  type GenerateContentConfig,
  GoogleGenAI,
} from "@google/genai";
import { type Simulator, startSimulator } from "@sluice/simulator";

/** The simulator's Gemini wire, read by the provider's own SDK. */

let simulator: Simulator;
let client: GoogleGenAI;
before(async () => {
  simulator = await startSimulator({ pace: 0 });
  client = new GoogleGenAI({ apiKey: simulator.apiKey, httpOptions: { baseUrl: simulator.url } });
});
after(() => simulator.close());

const parametersJsonSchema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const WEATHER = { functionDeclarations: [{ name: "get_weather", parametersJsonSchema }] };
const TOPIC = "Tell me about gardening";

const generate = (model: string, contents: string | Content[] = TOPIC, config: GenerateContentConfig = {}) =>
  client.models.generateContent({ model, contents, config });

/** Everything a stream brings, put together as a caller would. */
async function stream(model: string, contents: string | Content[] = TOPIC, config: GenerateContentConfig = {}) {
  const parts = [];
  let last: Awaited<ReturnType<typeof generate>> | undefined;
  for await (const chunk of await client.models.generateContentStream({ model, contents, config })) {
    parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
    last = chunk;
  }
  const text = parts.map((part) => (part.thought === true ? "" : (part.text ?? ""))).join("");
  return { parts, text, last, calls: parts.flatMap((part) => part.functionCall ?? []) };
}

const failing = (status: number, message: RegExp) => (error: unknown) =>
  error instanceof ApiError && error.status === status && message.test(error.message);

test("a plain answer and a streamed one say the same", async () => {
  const plain = await generate("large");
  const streamed = await stream("large");
  assert.match(plain.text ?? "", /gardening/);
  assert.equal(streamed.text, plain.text);
  assert.equal(streamed.last?.candidates?.[0]?.finishReason, "STOP");
  assert.deepEqual(streamed.last?.usageMetadata, plain.usageMetadata);
  const [bill] = simulator.bills().slice(-1);
  assert.deepEqual(
    [bill?.prompt_tokens, bill?.completion_tokens],
    [plain.usageMetadata?.promptTokenCount, plain.usageMetadata?.candidatesTokenCount],
  );
});

for (const [prompt, cities] of [
  ["What is the weather in Paris?", ["Paris"]],
  ["What is the weather in Paris and Oslo?", ["Paris", "Oslo"]],
] as const) {
  test(`function calls, plain and streamed: ${cities.join(", ")}`, async () => {
    const config = { tools: [WEATHER] };
    const plain = await generate("small", prompt, config);
    for (const calls of [plain.functionCalls ?? [], (await stream("small", prompt, config)).calls]) {
      assert.deepEqual(
        calls.map((call) => call.args),
        cities.map((city) => ({ city })),
      );
    }
  });
}

test("thoughts are shown to who asks, and billed apart from the candidates either way", async () => {
  const shown = await stream("reasoner", TOPIC, { thinkingConfig: { includeThoughts: true } });
  const hidden = await stream("reasoner");
  const usage = hidden.last?.usageMetadata;
  assert.ok(shown.parts.some((part) => part.thought === true));
  assert.ok(!hidden.parts.some((part) => part.thought === true));
  assert.deepEqual(usage, shown.last?.usageMetadata);
  assert.equal(usage?.thoughtsTokenCount, 40);
  const sum = (usage?.promptTokenCount ?? 0) + (usage?.candidatesTokenCount ?? 0) + 40;
  assert.equal(usage?.totalTokenCount, sum);
  const [bill] = simulator.bills().slice(-1);
  assert.deepEqual([bill?.completion_tokens, bill?.reasoning_tokens], [(usage?.candidatesTokenCount ?? 0) + 40, 40]);
});

test("a function call's signature goes back with it, unchanged, while its turn lasts", async () => {
  const config = { tools: [WEATHER] };
  const question: Content = { role: "user", parts: [{ text: "What is the weather in Paris and Oslo?" }] };
  const { parts } = await stream("reasoner", [question], config);
  const [first, second] = parts;
  assert.ok(first?.thoughtSignature !== undefined && second?.thoughtSignature === undefined);
  const results = parts.flatMap(({ functionCall }) =>
    functionCall === undefined
      ? []
      : [
          {
            functionResponse: {
              ...(functionCall.id && { id: functionCall.id }),
              name: "get_weather",
              response: { output: "21 degrees" },
            },
          },
        ],
  );
  const next = (changed: NonNullable<Content["parts"]>, more: Content[] = []) =>
    generate(
      "reasoner",
      [question, { role: "model", parts: changed }, { role: "user", parts: results }, ...more],
      config,
    );
  const calls = parts.slice(0, 2);
  const answer = await next(calls);
  assert.match(answer.text ?? "", /21 degrees/);
  const bare = calls.map(({ thoughtSignature: _, ...part }) => part);
  const missing = /missing a thought_signature in functionCall parts.*`default_api:get_weather` , position 2/;
  await assert.rejects(next(bare), failing(400, missing));
  await assert.rejects(
    next(calls.map((part) => ({ ...part, ...(part.thoughtSignature && { thoughtSignature: "AAAA" }) }))),
    failing(400, /Corrupted thought signature/),
  );
  await assert.rejects(
    next([{ ...first, functionCall: { ...first.functionCall, args: { city: "Rome" } } }, ...calls.slice(1)]),
    failing(400, /Corrupted thought signature/),
  );
  await next(
    bare.map((part, index) => (index === 0 ? { ...part, thoughtSignature: "skip_thought_signature_validator" } : part)),
  );
  // An earlier turn's calls may come without, but never with a changed one.
  const said = answer.candidates?.[0]?.content ?? {};
  const more: Content = { role: "user", parts: [{ text: "Thank you" }] };
  await next(bare, [said, more]);
  const text = said.parts?.[0];
  assert.ok(text?.thoughtSignature !== undefined);
  const spoiled = { role: "model", parts: [{ ...text, thoughtSignature: text.thoughtSignature.slice(4) }] };
  await assert.rejects(next(calls, [spoiled, more]), failing(400, /Corrupted/));
});

test("calls and responses follow each other in equal number", async () => {
  const call = { functionCall: { name: "get_weather", args: {} } };
  const response = { functionResponse: { name: "get_weather", response: { output: "21" } } };
  const send = (model: Content["parts"], user: Content["parts"]) =>
    generate("small", [
      { role: "user", parts: [{ text: "Weather?" }] },
      { role: "model", parts: model ?? [] },
      { role: "user", parts: user ?? [] },
    ]);
  await send([call, call], [response, response]);
  await assert.rejects(send([call, call], [response]), failing(400, /equal to the number of function call parts/));
  await assert.rejects(send([{ text: "Hm" }], [response]), failing(400, /immediately after a function call turn/));
});

test("structured answers in both ways of saying the schema", async () => {
  const schema = { type: "object", properties: { age: { type: "integer" } }, required: ["age"] };
  const responseMimeType = "application/json";
  const own = { type: "OBJECT", properties: { age: { type: "INTEGER" } }, required: ["age"] };
  for (const config of [{ responseJsonSchema: schema }, { responseSchema: own }]) {
    const answer = await generate("small", TOPIC, { responseMimeType, ...config });
    assert.ok(Number.isInteger(JSON.parse(answer.text ?? "").age));
  }
});

test("limits, stop sequences, images, several candidates, the cache", async () => {
  const short = await generate("large", TOPIC, { maxOutputTokens: 4 });
  assert.deepEqual([short.candidates?.[0]?.finishReason, short.usageMetadata?.candidatesTokenCount], ["MAX_TOKENS", 4]);
  const whole = (await generate("large")).text ?? "";
  const cut = await generate("large", TOPIC, { stopSequences: [whole.slice(20, 25)] });
  assert.equal(cut.text, whole.slice(0, 20));
  const thinking = await generate("reasoner", TOPIC, { maxOutputTokens: 10 });
  assert.deepEqual(
    [thinking.candidates?.[0]?.content?.parts, thinking.usageMetadata?.thoughtsTokenCount],
    [undefined, 10],
  );
  const parts = [{ inlineData: { mimeType: "image/png", data: "AAAA" } }, { text: "What is this?" }];
  const image = await generate("small+cached=50", [{ role: "user", parts }], { candidateCount: 2 });
  assert.match(JSON.stringify(image.candidates?.[0]), /I looked at 1 image\./);
  assert.equal(image.candidates?.length, 2);
  const prompt = 4 + 85 + "What is this?".length;
  assert.deepEqual([image.usageMetadata?.promptTokenCount, image.usageMetadata?.cachedContentTokenCount], [prompt, 50]);
  const counted = await client.models.countTokens({ model: "small", contents: [{ role: "user", parts }] });
  assert.equal(counted.totalTokens, prompt);
});

test("a blocked prompt, a candidate stopped on its way, a refusal in plain words", async () => {
  for (const answer of [await generate("small+refusal"), (await stream("small+refusal")).last]) {
    assert.deepEqual([answer?.promptFeedback?.blockReason, answer?.candidates], ["SAFETY", undefined]);
  }
  const late = await stream("small+refusal=1");
  assert.deepEqual([late.last?.candidates?.[0]?.finishReason, late.text !== ""], ["SAFETY", true]);
  assert.match((await generate("small+refusal=2")).text ?? "", /can't assist/);
});

test("a call that is no JSON never arrives", async () => {
  const config = {
    tools: [WEATHER],
    toolConfig: {
      functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ["get_weather"] },
    },
  };
  const answer = await generate("small+bad-json", TOPIC, config);
  assert.deepEqual(
    [answer.candidates?.[0]?.finishReason, answer.functionCalls],
    ["MALFORMED_FUNCTION_CALL", undefined],
  );
});

test("errors arrive as the SDK's", async () => {
  await assert.rejects(generate("small+429=3"), failing(429, /"retryDelay":"3s"/));
  await assert.rejects(generate("small+503"), failing(503, /UNAVAILABLE/));
  await assert.rejects(generate("small+html"), failing(502, /Bad Gateway/));
  await assert.rejects(generate("small+401"), failing(401, /UNAUTHENTICATED/));
  await assert.rejects(generate("small+400"), failing(400, /INVALID_ARGUMENT/));
  await assert.rejects(generate("nope"), failing(404, /models\/nope is not found/));
  await assert.rejects(generate("small+drop"));
  const wrong = new GoogleGenAI({ apiKey: "wrong", httpOptions: { baseUrl: simulator.url } });
  await assert.rejects(
    wrong.models.generateContent({ model: "small", contents: TOPIC }),
    failing(400, /API_KEY_INVALID/),
  );
  await assert.rejects(stream("small+inband-error"), /INTERNAL/);
  await assert.rejects(stream("small+inband-error=3"), /INTERNAL/);
});

test("models are listed in this wire's shape", async () => {
  const names = [];
  for await (const model of await client.models.list()) names.push(model.name);
  assert.deepEqual(names, ["models/small", "models/large", "models/reasoner", "models/exact"]);
  assert.equal((await client.models.get({ model: "reasoner" })).thinking, true);
});
