// shapes: embedded distributed
import assert from "node:assert/strict";
import type { Bill } from "@sluice/simulator";
import OpenAI from "openai";
import { waitFor } from "../harness/index.ts";
import type { System } from "../harness/system.ts";
import { budgetRow } from "./support/books.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";
import { type SettledAttempt, settledAttempts } from "./support/settled.ts";

/** Cost in US dollars as callers were told it, by request id, of each system. */
const tellings = new WeakMap<System, Map<string, string>>();
const client = (system: System, apiKey = system.apiKey): OpenAI =>
  new OpenAI({ baseURL: `${system.url}/v1`, apiKey, maxRetries: 0 });
const hello = [{ role: "user" as const, content: "Hello" }];
const weather = [
  {
    type: "function" as const,
    function: {
      name: "get_weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];
const travel = [{ role: "user" as const, content: "What is the weather in Paris and in Oslo?" }];
const PIXEL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

type PlainAsk = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, "stream">;
type Facts = Readonly<Record<string, unknown>>;

function note(system: System, requestId: string, cost: string): void {
  tellings.set(system, (tellings.get(system) ?? new Map<string, string>()).set(requestId, cost));
}

async function plain(system: System, ask: PlainAsk): Promise<OpenAI.ChatCompletion> {
  const { data, response } = await client(system).chat.completions.create(ask).withResponse();
  const header = (name: string) => response.headers.get(`x-sluice-${name}`);
  assert.equal(header("provider"), "sim");
  assert.equal(header("simulated"), "true");
  assert.equal(header("attempts"), "1");
  assert.equal(header("model"), ask.model.replace("sim/", ""));
  note(system, header("request-id") ?? "", header("cost-usd") ?? "none");
  return data;
}

interface Streamed {
  readonly text: string;
  readonly chunks: readonly OpenAI.ChatCompletionChunk[];
  readonly message: OpenAI.ChatCompletionMessage | undefined;
}

async function streamed(system: System, ask: PlainAsk): Promise<Streamed> {
  const runner = client(system).chat.completions.stream({ ...ask, stream_options: { include_usage: true } });
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  runner.on("chunk", (chunk) => chunks.push(chunk));
  const whole = await runner.finalChatCompletion();
  const finished = chunks.filter((chunk) => chunk.choices.some(({ finish_reason }) => finish_reason !== null));
  const facts = (finished.at(-1) as unknown as { x_sluice: Facts }).x_sluice;
  assert.equal(facts["verdict"], "pass");
  assert.equal(facts["simulated"], true);
  note(system, String(facts["request_id"]), String(facts["cost_usd"]));
  const usages = chunks.filter(({ usage }) => usage);
  assert.equal(usages.length, 1, "one chunk carries the usage");
  assert.deepEqual(usages[0]?.choices, []);
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
  return { text, chunks, message: whole.choices[0]?.message };
}

async function sameBothWays(system: System, model: string): Promise<void> {
  const ask = { model, messages: hello, max_tokens: 40 };
  const whole = await plain(system, ask);
  const { text, chunks } = await streamed(system, ask);
  const content = whole.choices[0]?.message.content ?? "";
  assert.equal(text, content, "plain and streamed say the same");
  assert.equal(whole.choices[0]?.finish_reason, "stop");
  assert.equal(chunks[0]?.choices[0]?.delta.role, "assistant");
  assert.deepEqual(chunks.at(-1)?.usage, whole.usage);
  assert.equal(whole.usage?.prompt_tokens, 9);
  assert.ok((whole.usage?.completion_tokens ?? 0) > 1);
}

const answers: readonly Case[] = [
  [
    "the models are listed",
    async (system) => {
      const models = await client(system).models.list();
      const ids = models.data.map(({ id }) => id);
      for (const id of ["sim/small", "sim/large", "sim/reasoner", "sim/exact"]) assert.ok(ids.includes(id), id);
      assert.equal((await client(system).models.retrieve("sim/small")).id, "sim/small");
    },
  ],
  ["an answer is the same plain and streamed", (system) => sameBothWays(system, "sim/small")],
  [
    "tools are called in parallel, plain and streamed",
    async (system) => {
      const ask = { model: "sim/small", messages: travel, tools: weather };
      for (const message of [(await plain(system, ask)).choices[0]?.message, (await streamed(system, ask)).message]) {
        const calls = (message?.tool_calls ?? []).map((call) => (call.type === "function" ? call.function : undefined));
        const cities = calls.map((call) => (JSON.parse(call?.arguments ?? "{}") as { city: string }).city);
        assert.deepEqual(cities, ["Paris", "Oslo"]);
        assert.ok(calls.every((call) => call?.name === "get_weather"));
      }
    },
  ],
  [
    "tool results come back as a turn of the conversation",
    async (system) => {
      const first = await plain(system, { model: "sim/small", messages: travel, tools: weather });
      const message = first.choices[0]?.message;
      assert.ok(message);
      const results = (message.tool_calls ?? []).map((call, index) => ({
        role: "tool" as const,
        tool_call_id: call.id,
        content: `${20 + index} degrees`,
      }));
      const ask = { model: "sim/small", messages: [...travel, message, ...results], tools: weather };
      for (const text of [(await plain(system, ask)).choices[0]?.message.content, (await streamed(system, ask)).text])
        assert.match(text ?? "", /The tool reported: 21 degrees/);
    },
  ],
  [
    "a JSON schema is kept, plain and streamed",
    async (system) => {
      const schema = {
        type: "object",
        properties: { city: { type: "string" }, people: { type: "integer", minimum: 1 } },
        required: ["city", "people"],
        additionalProperties: false,
      };
      const response_format = { type: "json_schema" as const, json_schema: { name: "town", strict: true, schema } };
      const ask = { model: "sim/small", messages: hello, response_format };
      for (const text of [(await plain(system, ask)).choices[0]?.message.content, (await streamed(system, ask)).text]) {
        const town = JSON.parse(text ?? "") as Record<string, unknown>;
        assert.deepEqual(Object.keys(town).sort(), ["city", "people"]);
        assert.equal(typeof town["city"], "string");
        assert.ok(Number.isInteger(town["people"]));
      }
    },
  ],
  [
    "a picture arrives",
    async (system) => {
      const content = [
        { type: "text" as const, text: "What is this?" },
        { type: "image_url" as const, image_url: { url: PIXEL } },
      ];
      const whole = await plain(system, { model: "sim/small", messages: [{ role: "user", content }] });
      assert.match(whole.choices[0]?.message.content ?? "", /I looked at 1 image/);
      assert.equal(whole.usage?.prompt_tokens, 4 + 85 + "What is this?".length);
    },
  ],
  [
    "a model that reasons shows its thoughts and is charged for them",
    async (system) => {
      const ask = { model: "sim/reasoner", messages: hello, reasoning_effort: "low" as const };
      const whole = await plain(system, ask);
      const thoughts = (whole.choices[0]?.message as { reasoning_content?: string } | undefined)?.reasoning_content;
      assert.ok((thoughts ?? "").length > 10, "reasoning_content");
      assert.equal(whole.usage?.completion_tokens_details?.reasoning_tokens, 16);
      const { chunks } = await streamed(system, ask);
      const deltas = chunks.map(
        (chunk) => (chunk.choices[0]?.delta as { reasoning_content?: string } | undefined)?.reasoning_content ?? "",
      );
      assert.equal(deltas.join(""), thoughts);
    },
  ],
  [
    "several choices, and a stop sequence",
    async (system) => {
      const two = await plain(system, { model: "sim/small", messages: hello, n: 2, seed: 7 });
      assert.deepEqual(
        two.choices.map(({ index }) => index),
        [0, 1],
      );
      assert.notEqual(two.choices[0]?.message.content, "");
      const { chunks } = await streamed(system, { model: "sim/small", messages: hello, n: 2, seed: 7 });
      const second = chunks.flatMap(({ choices }) => choices.filter(({ index }) => index === 1));
      assert.equal(second.map(({ delta }) => delta.content ?? "").join(""), two.choices[1]?.message.content);
      const stopped = await plain(system, { model: "sim/small", messages: hello, stop: ["."] });
      assert.equal(stopped.choices[0]?.finish_reason, "stop");
      assert.doesNotMatch(stopped.choices[0]?.message.content ?? "", /\./);
    },
  ],
  [
    "the caller's own limit ends an answer with the reason length",
    async (system) => {
      const cut = await plain(system, { model: "sim/large", messages: hello, max_completion_tokens: 5 });
      assert.equal(cut.choices[0]?.finish_reason, "length");
      assert.equal(cut.usage?.completion_tokens, 5);
    },
  ],
];

const refusals: readonly Case[] = [
  [
    "errors are the client's own classes",
    async (system) => {
      const ask = (model: string, apiKey = system.apiKey) =>
        client(system, apiKey).chat.completions.create({ model, messages: hello });
      const classOf = { 400: OpenAI.BadRequestError, 401: OpenAI.AuthenticationError, 404: OpenAI.NotFoundError };
      await assert.rejects(ask("sim/small", "sk-sluice-wrong"), classOf[401]);
      await assert.rejects(ask("sim/none"), classOf[404]);
      await assert.rejects(ask("nobody/nothing"), classOf[404]);
      const bad = { model: "sim/small", messages: hello, temperature: "hot" } as unknown as PlainAsk;
      await assert.rejects(client(system).chat.completions.create(bad), (error) => {
        assert.ok(error instanceof classOf[400]);
        assert.equal(error.param, "temperature");
        return true;
      });
    },
  ],
  [
    "a provider's rate limit keeps its retry-after",
    async (system) => {
      for (const stream of [false, true]) {
        const asked = client(system).chat.completions.create({ model: "sim/small+429=7", messages: hello, stream });
        await assert.rejects(asked, (error) => {
          assert.ok(error instanceof OpenAI.RateLimitError);
          assert.equal(error.code, "upstream_rate_limited");
          assert.equal(error.headers.get("retry-after"), "7");
          return true;
        });
      }
    },
  ],
  [
    "a provider's 503 is 503, and not worth a retry",
    async (system) => {
      const asked = client(system).chat.completions.create({ model: "sim/small+503", messages: hello });
      await assert.rejects(asked, (error) => {
        assert.ok(error instanceof OpenAI.InternalServerError);
        assert.equal(error.status, 503);
        assert.equal(error.code, "upstream_overloaded");
        assert.equal(error.headers?.get("x-should-retry"), "false");
        return true;
      });
    },
  ],
  [
    "a budget that is used up is 402 and names its figures",
    async (system) => {
      const key = await system.createKey(["--name", "poor", "--budget-usd", "0.00000001"]);
      for (const stream of [false, true]) {
        const asked = client(system, key.secret).chat.completions.create({
          model: "sim/small",
          messages: hello,
          stream,
          max_tokens: 50,
        });
        await assert.rejects(asked, (error) => {
          assert.ok(error instanceof OpenAI.APIError);
          assert.equal(error.status, 402);
          assert.equal(error.code, "budget_exhausted");
          assert.equal(error.type, "insufficient_quota");
          return true;
        });
      }
    },
  ],
];

async function leave(system: System): Promise<void> {
  const bill = await billOfLeft(system, { model: "sim/large+length=4000", after: 1 });
  assert.equal(bill.outcome, "completed", "the adapter reads a left answer of this provider to its end");
  assert.equal(bill.completion_tokens, 4000);
}

async function leaveAborting(system: System): Promise<void> {
  await system.command(["secrets", "set", "hasty"], system.simulator.apiKey);
  const bill = await billOfLeft(system, { model: "hasty/large+length=20000", after: 20 });
  assert.equal(bill.outcome, "client_closed", "the adapter hangs up where nothing is charged for the rest");
}

/** Leaves a streamed answer after so many pieces of content; the simulator's bill for it. */
async function billOfLeft(system: System, answer: { readonly model: string; readonly after: number }): Promise<Bill> {
  const before = system.simulator.bills().length;
  const stopped = new AbortController();
  const ask = { model: answer.model, messages: hello, stream: true as const };
  let seen = 0;
  for await (const chunk of await client(system).chat.completions.create(ask, { signal: stopped.signal })) {
    if ((chunk.choices[0]?.delta.content ?? "") !== "") seen++;
    if (seen === answer.after) stopped.abort();
  }
  return await waitFor(() => system.simulator.bills()[before]);
}

function leftAttempt(attempts: ReadonlyMap<string, SettledAttempt>, model: string): SettledAttempt {
  const found = [...attempts.values()].find(({ bill }) => bill.model === model);
  assert.equal(found?.outcome, "cancelled", model);
  return found;
}

const endings: readonly Case[] = [
  ["a client that leaves is charged what the provider charges", leave],
  ["a client that leaves closes the connection to a provider that then stops charging", leaveAborting],
  [
    "what callers were told is what the ledger has posted, and every event is there once",
    async (system) => {
      const attempts = await settledAttempts(system);
      assert.equal(leftAttempt(attempts, "large+length=4000").metered.usageSource, "USAGE_SOURCE_DRAINED");
      const { metered } = leftAttempt(attempts, "large+length=20000");
      assert.equal(metered.usageSource, "USAGE_SOURCE_COUNTED");
      assert.ok(Number(metered.usage?.outputTokens) >= 20, "never less than was delivered");
      const told = tellings.get(system) ?? new Map<string, string>();
      assert.ok(told.size > 10);
      for (const [requestId, cost] of told) {
        const attempt = attempts.get(requestId);
        assert.equal(attempt?.postedUsd, cost, requestId);
        assert.equal(attempt?.outcome, "delivered");
        assert.equal(attempt?.metered.ending, "completed");
        assert.ok(attempt?.types.includes("response.validated"));
      }
      const sum = [...attempts.values()].reduce((total, { postedUsd }) => total + nanousd(postedUsd), 0n);
      const usage = await system.json<{ total_nanousd: string }>(["usage"]);
      assert.equal(usage.total_nanousd, sum.toString());
      const org = await budgetRow(system, "org");
      assert.equal(org.spent, sum.toString());
      assert.equal(org.held, "0");
    },
  ],
  [
    "the installation examines itself and finds nothing wrong",
    async (system) => {
      const { healthy, findings } = await system.json<{ healthy: boolean; findings: unknown[] }>(["doctor"]);
      assert.ok(healthy, JSON.stringify(findings));
    },
  ],
];

function nanousd(usd: string): bigint {
  const [whole = "0", fraction = ""] = usd.split(".");
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}

proveInEachShape("the official client", [...answers, ...refusals, ...endings], {
  // Every verdict is to be there, also on a busy machine; one attempt each, so that answers and attempts can be paired.
  settings: { "router.validation_deadline_ms": 10_000, "router.attempts.max": 1 },
  pace: 1,
  tokensPerSecond: 2_000,
  providers: (base_url) => ({
    hasty: {
      base_url,
      abandon: "abort",
      max_tokens_field: "max_completion_tokens",
      models: [{ id: "large+length=20000", price_id: "sim/large", max_output_tokens: 30_000 }],
    },
  }),
});
