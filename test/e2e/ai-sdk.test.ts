// shapes: embedded distributed
import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, embedMany, generateText, type LanguageModel, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";

/** The AI SDK, unchanged, through its providers for OpenAI's two dialects and for Anthropic's. */
const DOORS: Readonly<Record<string, DoorOf>> = {
  "OpenAI's chat completions": (system, model, apiKey = system.apiKey) =>
    createOpenAI({ baseURL: `${system.url}/v1`, apiKey }).chat(model),
  "OpenAI's responses": (system, model, apiKey = system.apiKey) =>
    createOpenAI({ baseURL: `${system.url}/v1`, apiKey }).responses(model),
  "Anthropic's messages": (system, model, apiKey = system.apiKey) =>
    createAnthropic({ baseURL: `${system.url}/v1`, apiKey })(model),
};
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const SMALL = "sim/small";

const weather = (asked: string[]) =>
  tool({
    description: "Tells the weather",
    inputSchema: z.object({ city: z.string() }),
    execute: ({ city }) => {
      asked.push(city);
      return `Sunny in ${city}`;
    },
  });

async function failure(asked: PromiseLike<unknown>): Promise<APICallError> {
  const error: unknown = await asked.then(
    () => assert.fail("the call succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(APICallError.isInstance(error), String(error));
  return error;
}

type DoorOf = (system: System, model: string, apiKey?: string) => LanguageModel;

const textAndTools = ([name, door]: readonly [string, DoorOf]): Case[] => [
  [
    `a text is the same plain and streamed, by ${name}`,
    async (system) => {
      const asked = { model: door(system, SMALL), prompt: "Hello", maxOutputTokens: 40, maxRetries: 0 };
      const whole = await generateText(asked);
      const streamed = streamText(asked);
      let text = "";
      for await (const delta of streamed.textStream) text += delta;
      assert.ok(whole.text.length > 0);
      assert.equal(text, whole.text);
      assert.equal(await streamed.finishReason, whole.finishReason);
      assert.ok((whole.usage.inputTokens ?? 0) > 0 && (whole.usage.outputTokens ?? 0) > 0);
      assert.equal((await streamed.usage).outputTokens, whole.usage.outputTokens);
    },
  ],
  [
    `tools are called, and their results go back, by ${name}`,
    async (system) => {
      const asked: string[] = [];
      const { steps } = await generateText({
        ...{ model: door(system, SMALL), maxRetries: 0, stopWhen: stepCountIs(2) },
        prompt: "What is the weather in Paris?",
        tools: { get_weather: weather(asked) },
      });
      assert.ok(asked.length > 0);
      assert.equal(steps[0]?.toolResults[0]?.toolName, "get_weather");
      assert.equal(steps.length, 2, "the second step saw the results");
    },
  ],
  [
    `an answer keeps to a schema, by ${name}`,
    async (system) => {
      const schema = z.object({ name: z.string(), age: z.number() });
      const { output } = await generateText({
        ...{ model: door(system, SMALL), maxRetries: 0, prompt: "Somebody" },
        output: Output.object({ schema }),
      });
      assert.deepEqual(Object.keys(output).sort(), ["age", "name"]);
    },
  ],
];

const thinkingAndErrors = ([name, door]: readonly [string, DoorOf]): Case[] => [
  [
    `thinking is shown, by ${name}`,
    async (system) => {
      const { reasoningText, text, usage } = await generateText({
        ...{ model: door(system, "sim/reasoner"), prompt: "Think", maxRetries: 0, maxOutputTokens: 4_000 },
        providerOptions: {
          openai: { reasoningEffort: "low", reasoningSummary: "auto", forceReasoning: true },
          anthropic: { thinking: { type: "enabled", budgetTokens: 1_024 } },
        },
      });
      assert.ok(text.length > 0);
      // OpenAI's chat completions have no words for thinking, so this client reads none there.
      if (name !== "OpenAI's chat completions") assert.ok((reasoningText ?? "").length > 0);
      assert.ok((usage.outputTokens ?? 0) > 0);
    },
  ],
  [
    `a picture arrives, by ${name}`,
    async (system) => {
      const question = { type: "text", text: "What is this?" } as const;
      const ask = (content: readonly (typeof question | { type: "image"; image: string; mediaType: string })[]) =>
        generateText({
          ...{ model: door(system, SMALL), maxRetries: 0, maxOutputTokens: 20 },
          messages: [{ role: "user", content: [...content] }],
        });
      const without = await ask([question]);
      const shown = await ask([question, { type: "image", image: PIXEL, mediaType: "image/png" }]);
      assert.ok((shown.usage.inputTokens ?? 0) > (without.usage.inputTokens ?? 0));
    },
  ],
  [
    `errors are the client's own, and say whether to try again, by ${name}`,
    async (system) => {
      const ask = (model: LanguageModel) => generateText({ model, prompt: "Hello", maxRetries: 0 });
      const wrongKey = await failure(ask(door(system, SMALL, "sk-wrong")));
      assert.equal(wrongKey.statusCode, 401);
      assert.equal(wrongKey.isRetryable, false);
      const unknown = await failure(ask(door(system, "sim/nobody")));
      assert.equal(unknown.statusCode, 404);
      assert.match(unknown.message, /sim\/nobody/);
      const busy = await failure(ask(door(system, "sim/small+429=30")));
      assert.equal(busy.statusCode, 429);
      assert.equal(busy.isRetryable, true);
    },
  ],
  [
    `who stops reading is obeyed, by ${name}`,
    async (system) => {
      const stop = new AbortController();
      const { fullStream } = streamText({
        ...{ model: door(system, "sim/large+length=20000"), prompt: "A long story", maxRetries: 0 },
        ...{ maxOutputTokens: 20_000, abortSignal: stop.signal },
        onError: () => undefined,
      });
      let pieces = 0;
      let aborted = false;
      for await (const { type } of fullStream) {
        if (type === "text-delta" && ++pieces === 5) stop.abort();
        if (type === "abort") aborted = true;
      }
      assert.ok(aborted && pieces < 20_000);
    },
  ],
];

const everyDoor: readonly Case[] = Object.entries(DOORS).flatMap((door) => [
  ...textAndTools(door),
  ...thinkingAndErrors(door),
]);

const embeddings: Case = [
  "texts become vectors",
  async (system) => {
    const model = createOpenAI({ baseURL: `${system.url}/v1`, apiKey: system.apiKey }).embedding("sim/embedder");
    const { embeddings: vectors, usage } = await embedMany({ model, values: ["one", "two"], maxRetries: 0 });
    assert.equal(vectors.length, 2);
    assert.ok((vectors[0]?.length ?? 0) > 0 && usage.tokens > 0);
  },
];

const retries: Case = [
  "what passes is tried again by the client",
  async (system) => {
    const before = system.simulator.bills().length;
    const busy = DOORS["OpenAI's chat completions"]?.(system, "sim/small+429=0");
    assert.ok(busy !== undefined);
    await assert.rejects(Promise.resolve(generateText({ model: busy, prompt: "Hello", maxRetries: 1 })));
    assert.ok(system.simulator.bills().length - before >= 2);
  },
];

proveInEachShape("the AI SDK", [...everyDoor, embeddings, retries]);
