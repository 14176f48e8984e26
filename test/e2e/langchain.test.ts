// shapes: embedded distributed
import assert from "node:assert/strict";
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { z } from "zod";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";

/** LangChain's models for OpenAI, unchanged, on both of OpenAI's dialects. */
const DIALECTS = { "chat completions": false, responses: true } as const;
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

interface ModelOptions {
  readonly model?: string;
  readonly apiKey?: string;
  readonly maxRetries?: number;
}

const weather = tool(({ city }) => `Sunny in ${city}`, {
  name: "get_weather",
  description: "Tells the weather",
  schema: z.object({ city: z.string() }),
});

/** The client's own count of what was used; its type leaves the field open. */
function tokensOf(message: AIMessage): { readonly input_tokens: number; readonly output_tokens: number } {
  const usage = message.usage_metadata as { readonly input_tokens: number; readonly output_tokens: number } | undefined;
  assert.ok(usage !== undefined);
  return usage;
}

type ModelOf = (system: System, options?: ModelOptions) => ChatOpenAI;

const modelsOf =
  (useResponsesApi: boolean): ModelOf =>
  (system, { model = "sim/small", apiKey = system.apiKey, maxRetries = 0 } = {}) =>
    new ChatOpenAI({
      ...{ model, apiKey, maxRetries, useResponsesApi, maxTokens: 4_000, streamUsage: true },
      configuration: { baseURL: `${system.url}/v1` },
    });

const textAndTools = (name: string, modelOf: ModelOf): Case[] => [
  [
    `a text is the same plain and streamed, by ${name}`,
    async (system) => {
      const whole = await modelOf(system).invoke("Hello");
      let text = "";
      for await (const chunk of await modelOf(system).stream("Hello")) text += chunk.text;
      assert.ok(whole.text.length > 0);
      assert.equal(text, whole.text);
      assert.ok(tokensOf(whole).input_tokens > 0 && tokensOf(whole).output_tokens > 0);
    },
  ],
  [
    `tools are called and their results go back, by ${name}`,
    async (system) => {
      const model = modelOf(system).bindTools([weather]);
      const question = new HumanMessage("What is the weather in Paris?");
      const call = await model.invoke([question]);
      const [first] = call.tool_calls ?? [];
      assert.equal(first?.name, "get_weather");
      assert.equal(typeof first.args["city"], "string");
      const results = (call.tool_calls ?? []).map(
        ({ id = "" }) => new ToolMessage({ tool_call_id: id, content: "Sunny" }),
      );
      const answer = await model.invoke([question, call, ...results]);
      assert.ok(answer instanceof AIMessage);
      assert.ok(answer.text.length > 0 || (answer.tool_calls ?? []).length > 0);
    },
  ],
];

const formsAndErrors = (name: string, modelOf: ModelOf): Case[] => [
  [
    `an answer keeps to a schema, by ${name}`,
    async (system) => {
      const schema = z.object({ name: z.string(), age: z.number() });
      const answer = await modelOf(system).withStructuredOutput(schema, { method: "jsonSchema" }).invoke("Somebody");
      assert.deepEqual(Object.keys(answer).sort(), ["age", "name"]);
    },
  ],
  [
    `a picture arrives, by ${name}`,
    async (system) => {
      const text = { type: "text", text: "What is this?" };
      const shown = { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}` } };
      const without = await modelOf(system).invoke([new HumanMessage({ content: [text] })]);
      const withIt = await modelOf(system).invoke([new HumanMessage({ content: [text, shown] })]);
      assert.ok(tokensOf(withIt).input_tokens > tokensOf(without).input_tokens);
    },
  ],
  [
    `errors are the client's own, by ${name}`,
    async (system) => {
      const statusOf = async (options: ModelOptions): Promise<unknown> =>
        await modelOf(system, options)
          .invoke("Hello")
          .then(
            () => 200,
            (error: { readonly status?: unknown }) => error.status,
          );
      assert.equal(await statusOf({ apiKey: "sk-wrong" }), 401);
      assert.equal(await statusOf({ model: "sim/nobody" }), 404);
      assert.equal(await statusOf({ model: "sim/small+429=30" }), 429);
    },
  ],
  [
    `who stops reading is obeyed, by ${name}`,
    async (system) => {
      const stop = new AbortController();
      let pieces = 0;
      const read = async (): Promise<void> => {
        const model = modelOf(system, { model: "sim/large+length=20000" });
        for await (const chunk of await model.stream("A long story", { signal: stop.signal })) {
          if (chunk.text !== "" && ++pieces === 5) stop.abort();
        }
      };
      await assert.rejects(read());
      assert.ok(pieces < 20_000);
    },
  ],
];

const everyDialect: readonly Case[] = Object.entries(DIALECTS).flatMap(([name, useResponsesApi]) => {
  const modelOf = modelsOf(useResponsesApi);
  return [...textAndTools(name, modelOf), ...formsAndErrors(name, modelOf)];
});

const embeddings: Case = [
  "texts become vectors",
  async (system) => {
    const model = new OpenAIEmbeddings({
      ...{ model: "sim/embedder", apiKey: system.apiKey, maxRetries: 0 },
      configuration: { baseURL: `${system.url}/v1` },
    });
    const vectors = await model.embedDocuments(["one", "two"]);
    assert.equal(vectors.length, 2);
    assert.ok((vectors[0]?.length ?? 0) > 0);
  },
];

proveInEachShape("LangChain", [...everyDialect, embeddings]);
