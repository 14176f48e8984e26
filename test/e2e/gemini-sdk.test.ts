// shapes: embedded distributed
import assert from "node:assert/strict";
import {
  ApiError,
  type Content,
  type GenerateContentConfig,
  type GenerateContentParameters,
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
} from "@google/genai";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";

/** Google's own client, unchanged, against every kind of provider. */
const MODELS = ["sim/small", "sim-anthropic/small", "sim-gemini/small"];
const THINKERS = ["sim/reasoner", "sim-anthropic/reasoner", "sim-gemini/reasoner"];
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** What was said, and the parts as they came. */
interface Answer {
  readonly text: string;
  readonly parts: readonly Part[];
  readonly last: GenerateContentResponse;
}

type Ask = (client: GoogleGenAI, asked: GenerateContentParameters) => Promise<Answer>;

const clientOf = (system: System, apiKey = system.apiKey): GoogleGenAI =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: system.url } });

const partsOf = ({ candidates }: GenerateContentResponse): Part[] => candidates?.[0]?.content?.parts ?? [];

function answerOf(answers: readonly GenerateContentResponse[]): Answer {
  const parts = answers.flatMap(partsOf);
  const last = answers.at(-1);
  assert.ok(last);
  return { text: parts.map(({ text, thought }) => (thought === true ? "" : (text ?? ""))).join(""), parts, last };
}

const WAYS: Readonly<Record<string, Ask>> = {
  plain: async (client, asked) => answerOf([await client.models.generateContent(asked)]),
  streamed: async (client, asked) => {
    const answers: GenerateContentResponse[] = [];
    for await (const answer of await client.models.generateContentStream(asked)) answers.push(answer);
    return answerOf(answers);
  },
};

async function failure(asked: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await asked.then(
    () => assert.fail("the call succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ApiError, String(error));
  return error;
}

const everyModel: readonly Case[] = MODELS.map(
  (model): Case => [
    `plain and streamed say the same with ${model}`,
    async (system) => {
      const client = clientOf(system);
      const asked: GenerateContentParameters = {
        model,
        contents: "Hello",
        config: { systemInstruction: "Be brief.", maxOutputTokens: 40, temperature: 0.5 },
      };
      const whole = await client.models.generateContent(asked);
      assert.equal(whole.candidates?.[0]?.finishReason, "STOP");
      assert.ok((whole.usageMetadata?.promptTokenCount ?? 0) > 0);
      assert.ok(whole.responseId && whole.modelVersion);
      const streamed = await WAYS["streamed"]?.(client, asked);
      assert.ok(whole.text);
      assert.equal(streamed?.text, whole.text);
      assert.equal(streamed?.last.candidates?.[0]?.finishReason, "STOP");
      assert.equal(streamed?.last.usageMetadata?.totalTokenCount, whole.usageMetadata?.totalTokenCount);
    },
  ],
);

const weather = {
  functionDeclarations: [
    {
      name: "get_weather",
      description: "Tells the weather",
      parameters: { type: "OBJECT", properties: { city: { type: "STRING" } }, required: ["city"] },
    },
  ],
} as NonNullable<GenerateContentConfig["tools"]>[number];

const tools: readonly Case[] = THINKERS.flatMap((model) =>
  Object.entries(WAYS).map(
    ([way, ask]): Case => [
      `thinking and functions go on for three turns with ${model}, ${way}`,
      async (system) => {
        const client = clientOf(system);
        const contents: Content[] = [];
        const config = { tools: [weather], thinkingConfig: { thinkingBudget: 1_024, includeThoughts: true } };
        for (const city of ["Paris", "Oslo", "Rome"]) {
          contents.push({ role: "user", parts: [{ text: `Look at ${city}: what is the weather there?` }] });
          const call = await ask(client, { model, contents, config });
          const calls = call.parts.flatMap(({ functionCall }) => functionCall ?? []);
          assert.ok(calls.length > 0, `${model} calls its function for ${city}`);
          for (const { args } of calls) assert.deepEqual(Object.keys(args ?? {}), ["city"]);
          contents.push({ role: "model", parts: [...call.parts] });
          contents.push({
            role: "user",
            parts: calls.map(({ id, name }) => ({
              functionResponse: { ...(id && { id }), name: name ?? "", response: { output: "It is mild." } },
            })),
          });
          const answer = await ask(client, { model, contents, config });
          assert.ok(answer.text, `${model} answers for ${city}`);
          contents.push({ role: "model", parts: [...answer.parts] });
        }
        assert.ok(
          contents.some(({ parts }) => parts?.some(({ thought }) => thought === true)),
          "thinking was shown",
        );
        if (model.startsWith("sim/")) return;
        // The control: the provider does look at what comes back.
        const changed = JSON.parse(JSON.stringify(contents), (name, value: unknown) =>
          name === "thoughtSignature" && typeof value === "string" ? corrupted(value) : value,
        ) as Content[];
        changed.push({ role: "user", parts: [{ text: "And now?" }] });
        const error = await failure(client.models.generateContent({ model, contents: changed, config }));
        assert.equal(error.status, 400);
        assert.match(error.message, /[Ss]ignature/);
      },
    ],
  ),
);

/** A signature with another ending; one made elsewhere keeps its maker. */
function corrupted(signature: string): string {
  const carried = Buffer.from(signature, "base64").toString();
  if (!carried.startsWith("sluice/1/")) return `AAAA${signature.slice(4)}`;
  const cut = carried.lastIndexOf("/") + 1;
  return Buffer.from(`${carried.slice(0, cut)}AAAA${carried.slice(cut + 4)}`).toString("base64");
}

const features: readonly Case[] = [
  ...MODELS.flatMap((model): Case[] => [
    [
      `an answer is held to a schema of either kind with ${model}`,
      async (system) => {
        const ask = (config: GenerateContentConfig) =>
          clientOf(system).models.generateContent({ model, contents: "Name a city.", config });
        const json = { responseMimeType: "application/json" };
        const own = { type: "OBJECT", properties: { city: { type: "STRING" } }, required: ["city"] };
        const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
        const answers = [
          await ask({ ...json, responseSchema: own as NonNullable<GenerateContentConfig["responseSchema"]> }),
          await ask({ ...json, responseJsonSchema: schema }),
        ];
        for (const { text } of answers) {
          const parsed = JSON.parse(text ?? "") as Record<string, unknown>;
          assert.equal(typeof parsed["city"], "string");
        }
      },
    ],
    [
      `pictures are taken by ${model}`,
      async (system) => {
        const contents = [{ inlineData: { mimeType: "image/png", data: PIXEL } }, { text: "What is this?" }];
        const answer = await clientOf(system).models.generateContent({ model, contents });
        assert.ok(answer.text);
      },
    ],
  ]),
  [
    "a chat keeps its own history",
    async (system) => {
      const chat = clientOf(system).chats.create({ model: "sim-gemini/reasoner", config: { tools: [weather] } });
      const { functionCalls } = await chat.sendMessage({ message: "Look at Paris: what is the weather there?" });
      const [call] = functionCalls ?? [];
      assert.ok(call?.name);
      const response = { output: "It is mild." };
      const functionResponse = { name: call.name, response, ...(call.id && { id: call.id }) };
      assert.ok((await chat.sendMessage({ message: [{ functionResponse }] })).text);
      let text = "";
      for await (const piece of await chat.sendMessageStream({ message: "Thank you." })) text += piece.text ?? "";
      assert.ok(text);
    },
  ],
  [
    "tokens are counted without asking a provider, and models are listed",
    async (system) => {
      const client = clientOf(system);
      const few = await client.models.countTokens({ model: "sim/small", contents: "Hello" });
      const many = await client.models.countTokens({ model: "sim/small", contents: "Hello ".repeat(100) });
      assert.ok((few.totalTokens ?? 0) > 0);
      assert.ok((many.totalTokens ?? 0) > (few.totalTokens ?? 0) + 90);
      const names: string[] = [];
      for await (const { name } of await client.models.list({ config: { pageSize: 2 } })) names.push(name ?? "");
      assert.ok(names.includes("models/sim/small") && names.includes("models/sim-gemini/reasoner"));
      assert.equal(new Set(names).size, names.length);
      assert.equal((await client.models.get({ model: "sim/small" })).name, "models/sim/small");
    },
  ],
  [
    "an answer that is too long ends with MAX_TOKENS, and several may be asked for",
    async (system) => {
      const config = { maxOutputTokens: 12, candidateCount: 2 };
      const answer = await clientOf(system).models.generateContent({ model: "sim/exact", contents: "Hello", config });
      const reasons = answer.candidates?.map(({ finishReason }) => finishReason);
      assert.deepEqual(reasons, ["MAX_TOKENS", "MAX_TOKENS"]);
    },
  ],
  [
    "without alt=sse a stream is one JSON list",
    async (system) => {
      const path = "/v1beta/models/sim/small:streamGenerateContent";
      const body = JSON.stringify({ contents: [{ parts: [{ text: "Hello" }] }] });
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${system.url}${path}?key=${system.apiKey}`, { method: "POST", headers, body });
      assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
      const list = (await response.json()) as GenerateContentResponse[];
      assert.ok(list.length > 1);
      assert.equal(list.at(-1)?.candidates?.[0]?.finishReason, "STOP");
    },
  ],
];

const errors: readonly Case[] = [
  [
    "errors are the client's own type, in Google's shape",
    async (system) => {
      const client = clientOf(system);
      const ask = (model: string) => failure(client.models.generateContent({ model, contents: "Hello" }));
      const status = ({ message }: ApiError) => (JSON.parse(message) as { error: { status: string } }).error.status;
      const unknown = await failure(
        clientOf(system, "nobody").models.generateContent({ model: "sim/small", contents: "Hi" }),
      );
      assert.deepEqual([unknown.status, status(unknown)], [401, "UNAUTHENTICATED"]);
      const missing = await ask("sim/nothing");
      assert.deepEqual([missing.status, status(missing)], [404, "NOT_FOUND"]);
      const contents = [{ role: "user", parts: [{ inlineData: { mimeType: "image/png", data: "*" } }] }];
      const wrong = await failure(client.models.generateContent({ model: "sim/small", contents }));
      assert.deepEqual([wrong.status, status(wrong)], [400, "INVALID_ARGUMENT"]);
      assert.match(wrong.message, /contents\[0\]\.parts\[0\]\.inlineData\.data is not valid base64/);
      const limited = await ask("sim-gemini/small+429");
      assert.deepEqual([limited.status, status(limited)], [429, "RESOURCE_EXHAUSTED"]);
      const busy = await ask("sim-gemini/small+503");
      assert.deepEqual([busy.status, status(busy)], [503, "UNAVAILABLE"]);
    },
  ],
  [
    "an error in the middle of a stream is raised by the client",
    async (system) => {
      const streamed = WAYS["streamed"];
      assert.ok(streamed);
      await failure(streamed(clientOf(system), { model: "sim/large+inband-error=30", contents: "Hello" }));
    },
  ],
  [
    "a client that leaves ends its answer",
    async (system) => {
      const leaving = new AbortController();
      const config = { abortSignal: leaving.signal };
      const stream = await clientOf(system).models.generateContentStream({
        model: "sim/large",
        contents: "Hi",
        config,
      });
      await assert.rejects(async () => {
        for await (const piece of stream) if (piece.text) leaving.abort();
      }, /abort/i);
    },
  ],
];

proveInEachShape("Google's client", [...everyModel, ...tools, ...features, ...errors]);
