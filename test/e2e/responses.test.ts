// shapes: embedded distributed
import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { waitFor } from "../harness/index.ts";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";

type Body = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, "stream">;
type Items = OpenAI.Responses.ResponseInput;
type Answer = OpenAI.Responses.Response;
/** How a client asks. */
type Ask = (openai: OpenAI, body: Body) => Promise<Answer>;

const WAYS: Readonly<Record<string, Ask>> = {
  plain: (openai, body) => openai.responses.create(body),
  streamed: (openai, body) => openai.responses.stream(body).finalResponse(),
};
const tools = [
  {
    type: "function" as const,
    name: "get_weather",
    strict: false,
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
];
const PROOF = "reasoning.encrypted_content" as const;

const client = (system: System, apiKey = system.apiKey): OpenAI =>
  new OpenAI({ baseURL: `${system.url}/v1`, apiKey, maxRetries: 0 });

function resultsFor({ output }: Answer): Items {
  return output
    .filter((item) => item.type === "function_call")
    .map(({ call_id }) => ({ type: "function_call_output", call_id, output: "It is mild." }));
}

const answers: readonly Case[] = [
  [
    "an answer is the same plain and streamed",
    async (system) => {
      const body: Body = { model: "sim/small", input: "Hello", instructions: "Be kind." };
      const whole = await client(system).responses.create(body);
      assert.equal(whole.status, "completed");
      assert.ok(whole.output_text.length > 0);
      const runner = client(system).responses.stream(body);
      let text = "";
      runner.on("response.output_text.delta", ({ delta }) => (text += delta));
      const streamed = await runner.finalResponse();
      assert.equal(text, whole.output_text);
      assert.equal(streamed.output_text, whole.output_text);
      assert.deepEqual(streamed.usage, whole.usage);
    },
  ],
  [
    "an answer that was cut says so",
    async (system) => {
      const cut = await client(system).responses.create({ model: "sim/large", input: "Hello", max_output_tokens: 16 });
      assert.equal(cut.status, "incomplete");
      assert.equal(cut.incomplete_details?.reason, "max_output_tokens");
      assert.equal(cut.usage?.output_tokens, 16);
    },
  ],
  [
    "a structured answer is parsed, plain and streamed",
    async (system) => {
      const town = z.object({ city: z.string(), people: z.int().min(1) });
      const body = { model: "sim/small", input: "A town", text: { format: zodTextFormat(town, "town") } };
      const parsed = await client(system).responses.parse(body);
      assert.equal(typeof parsed.output_parsed?.city, "string");
      const streamed = await client(system).responses.stream(body).finalResponse();
      assert.ok(Number.isInteger(streamed.output_parsed?.people));
    },
  ],
  [
    "a model that reasons shows its thoughts",
    async (system) => {
      const body: Body = { model: "sim/reasoner", input: "Hello", reasoning: { effort: "low", summary: "auto" } };
      for (const ask of Object.values(WAYS)) {
        const { output, usage } = await ask(client(system), body);
        const [thought] = output;
        assert.ok(thought?.type === "reasoning" && (thought.summary[0]?.text.length ?? 0) > 10);
        assert.equal(usage?.output_tokens_details.reasoning_tokens, 16);
      }
    },
  ],
  [
    "what is not there, not allowed or not understood has the client's own classes",
    async (system) => {
      const ask = (over: Partial<Body>, key = system.apiKey) =>
        client(system, key).responses.create({ model: "sim/small", input: "Hi", ...over });
      await assert.rejects(ask({}, "sk-sluice-wrong"), OpenAI.AuthenticationError);
      await assert.rejects(ask({ model: "nobody/nothing" }), OpenAI.NotFoundError);
      await assert.rejects(ask({ previous_response_id: "resp_none" }), OpenAI.NotFoundError);
      await assert.rejects(ask({ model: "sim/small+429=7" }), OpenAI.RateLimitError);
      await assert.rejects(ask({ tools: [{ type: "web_search" }] }), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError);
        assert.equal(error.param, "tools[0].type");
        return true;
      });
    },
  ],
  [
    "a failure after content is raised inside the stream",
    async (system) => {
      let text = "";
      const runner = client(system).responses.stream({ model: "sim/small+length=60+cut=20", input: "Hello" });
      runner.on("response.output_text.delta", ({ delta }) => (text += delta));
      await assert.rejects(runner.finalResponse(), (error) => {
        assert.ok(error instanceof OpenAI.APIError);
        assert.match(String(error.code), /^upstream_/);
        return true;
      });
      assert.ok(text.length > 0);
    },
  ],
  [
    "a client that leaves ends the call behind it",
    async (system) => {
      const before = system.simulator.bills().length;
      const stopped = new AbortController();
      const body = { model: "sim/large+length=4000", input: "Hello", stream: true as const };
      for await (const event of await client(system).responses.create(body, { signal: stopped.signal })) {
        if (event.type === "response.output_text.delta") stopped.abort();
      }
      const bill = await waitFor(() => system.simulator.bills()[before]);
      assert.equal(bill.completion_tokens, 4_000);
    },
  ],
];

const completions: readonly Case[] = [
  [
    "the older completions answer several prompts, plain and streamed, each billed",
    async (system) => {
      const before = system.simulator.bills().length;
      const asked = { model: "sim/small", prompt: ["Hello", "Good day"], max_tokens: 8, echo: true };
      const { data: whole, response } = await client(system).completions.create(asked).withResponse();
      assert.deepEqual(
        whole.choices.map(({ index, finish_reason: ended }) => [index, ended]),
        [
          [0, "length"],
          [1, "length"],
        ],
      );
      assert.ok(whole.choices[1]?.text.startsWith("Good day"));
      assert.equal(whole.usage?.completion_tokens, 16);
      assert.match(response.headers.get("x-sluice-warnings") ?? "", /asked as a chat/);
      const texts = ["", ""];
      for await (const { choices } of await client(system).completions.create({ ...asked, stream: true })) {
        for (const { index, text } of choices) texts[index] += text;
      }
      assert.deepEqual(
        texts,
        whole.choices.map(({ text }) => text),
      );
      await waitFor(() => (system.simulator.bills().length === before + 4 ? true : undefined));
    },
  ],
];

/** Three questions with tools; the conversation lies with the caller, who sends back exactly what it was given. */
async function carrying(system: System, model: string, ask: Ask): Promise<void> {
  const openai = client(system);
  const input: Items = [];
  for (const city of ["Paris", "Oslo", "Rome"]) {
    input.push({ role: "user", content: `Look at ${city}: what is the weather there?` });
    const body: Body = { model, input, tools, store: false, include: [PROOF], reasoning: { effort: "low" } };
    const call = await ask(openai, body);
    assert.ok(resultsFor(call).length > 0, `${model} calls its tool for ${city}`);
    input.push(...(call.output as Items), ...resultsFor(call));
    const said = await ask(openai, body);
    assert.ok(said.output_text, `${model} answers for ${city}`);
    input.push(...(said.output as Items));
  }
  assert.ok(JSON.stringify(input).split('"encrypted_content"').length > 3, "proofs were given out");
}

/** The same conversation, kept by the gateway. */
async function kept(system: System, model: string, ask: Ask): Promise<void> {
  const openai = client(system);
  let previous: string | null = null;
  for (const city of ["Paris", "Oslo", "Rome"]) {
    const question = `Look at ${city}: what is the weather there?`;
    const common = { model, tools, reasoning: { effort: "low" as const } };
    const call: Answer = await ask(openai, { ...common, input: question, previous_response_id: previous });
    assert.ok(resultsFor(call).length > 0, `${model} calls its tool for ${city}`);
    const said = await ask(openai, { ...common, input: resultsFor(call), previous_response_id: call.id });
    assert.ok(said.output_text, `${model} answers for ${city}`);
    previous = said.id;
  }
  const shown = await openai.responses.retrieve(String(previous));
  assert.equal(shown.previous_response_id !== null, true);
  const listed = [];
  for await (const item of openai.responses.inputItems.list(String(previous), { limit: 4 })) listed.push(item.type);
  assert.ok(listed.filter((type) => type === "function_call_output").length >= 3);
  await openai.responses.delete(String(previous));
  await assert.rejects(openai.responses.retrieve(String(previous)), OpenAI.NotFoundError);
}

const conversations: readonly Case[] = ["sim/small", "sim-anthropic/reasoner", "sim-gemini/reasoner"].flatMap((model) =>
  Object.entries(WAYS).flatMap(([way, ask]): Case[] => {
    const carried: Case = [
      `${model}: the caller carries the conversation, ${way}`,
      (system) => carrying(system, model, ask),
    ];
    const own: Case = [`${model}: the gateway keeps the conversation, ${way}`, (system) => kept(system, model, ask)];
    return model === "sim/small" ? [own] : [carried, own];
  }),
);

proveInEachShape("responses", [...answers, ...completions, ...conversations]);
