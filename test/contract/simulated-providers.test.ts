import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type AccumulatedAnswer, accumulate } from "@sluice/platform/chat";
import {
  type ChatRequest,
  FinishReason,
  Message,
  Part,
  ResponseFormatKind,
  Role,
  Tool,
  ToolResult,
} from "@sluice/proto/chat/v1/chat";
import { UsageSource } from "@sluice/proto/common/v1/usage";
import { type Simulator, startSimulator } from "@sluice/simulator";
import { PROVIDERS as BUILT_IN, SIMULATOR_PATHS } from "../../services/provider-adapter/src/providers/registry.ts";
import {
  attemptOf,
  chatOf,
  eventually,
  type Got,
  readAll,
  startWorld,
  type World,
} from "../../services/provider-adapter/src/testing/world.ts";

/** The adapter against the simulator over each of its wires: what one writes the other reads, and both count alike. */

const PROVIDERS = ["sim", "sim-anthropic", "sim-gemini"];
const PROMPT = "What is the weather in Paris and Oslo?";
const CITY = JSON.stringify({ type: "object", properties: { city: { type: "string" } }, required: ["city"] });
const TOOLS = [Tool.create({ name: "get_weather", parametersJson: CITY, type: "function" })];

let simulator: Simulator;
let world: World;
before(async () => {
  simulator = await startSimulator({ pace: 0 });
  // Only the first wire is told where the simulator is and what its key is.
  world = await startWorld({ providers: { sim: { base_url: `${simulator.url}/v1` } } });
  await world.client.putCredential({ provider: "sim", secret: simulator.apiKey });
});
after(async () => {
  await world.close();
  await simulator.close();
});

let attempts = 0;

interface Asked extends Got {
  readonly answer: AccumulatedAnswer | undefined;
  readonly attemptId: string;
}

async function ask(provider: string, model: string, chat: ChatRequest): Promise<Asked> {
  const attemptId = `att_${++attempts}`;
  const limits = { inputTokenBound: 100_000n, priceId: `sim/${model.split("+")[0]}` };
  const request = attemptOf(provider, chat, { model, attemptId, holdId: attemptId, ...limits });
  const got = await readAll(world.client.generate(request));
  const accumulator = accumulate();
  for (const { message } of got.messages) {
    if (message?.$case === "batch") for (const chunk of message.value.chunks) accumulator.push(chunk);
  }
  return { ...got, answer: accumulator.answers()[0], attemptId };
}

/** What the simulator bills for an attempt and what the adapter metered, as comparable texts. */
async function books(attemptId: string): Promise<{ billed: string; metered: string; source: UsageSource }> {
  const bill = await eventually("a bill", () => simulator.bills().find((one) => one.client_request_id === attemptId));
  const metered = world.bus.metered().find((one) => one.attemptId === attemptId);
  const { inputTokens = 0n, outputTokens = 0n, reasoningTokens = 0n } = metered?.usage ?? {};
  return {
    billed: `${bill.prompt_tokens} ${bill.completion_tokens} ${bill.reasoning_tokens}`,
    metered: `${inputTokens} ${outputTokens} ${reasoningTokens}`,
    source: metered?.usageSource ?? UsageSource.USAGE_SOURCE_UNSPECIFIED,
  };
}

async function sameBooks({ attemptId }: Asked): Promise<void> {
  const { billed, metered, source } = await books(attemptId);
  assert.equal(metered, billed);
  assert.equal(source, UsageSource.USAGE_SOURCE_PROVIDER);
}

const user = (text: string) =>
  Message.create({ role: Role.ROLE_USER, parts: [Part.create({ kind: { $case: "text", value: text } })] });

/** The assistant's turn as the ingress would bring it back, and the results of its calls. */
function turnsAfter(provider: string, answer: AccumulatedAnswer): Message[] {
  const reasoning = answer.reasoning.map(({ text, signature, redacted }) =>
    Part.fromPartial({ kind: { $case: "reasoning", value: { text, signature, redacted, provider } } }),
  );
  const calls = answer.toolCalls.map(({ id, name, argumentsJson, signature, type }) =>
    Part.fromPartial({ kind: { $case: "toolCall", value: { id, name, argumentsJson, signature, type, provider } } }),
  );
  const text = answer.text === "" ? [] : [Part.create({ kind: { $case: "text", value: answer.text } })];
  const results = answer.toolCalls.map(({ id }) => {
    const value = ToolResult.fromPartial({ toolCallId: id, parts: [{ kind: { $case: "text", value: "21 degrees" } }] });
    return Message.create({ role: Role.ROLE_TOOL, parts: [Part.create({ kind: { $case: "toolResult", value } })] });
  });
  return [Message.create({ role: Role.ROLE_ASSISTANT, parts: [...reasoning, ...text, ...calls] }), ...results];
}

for (const provider of PROVIDERS) {
  for (const stream of [false, true]) {
    const how = `${provider}, ${stream ? "streamed" : "plain"}`;

    test(`${how}: a text and a thinker's text are metered as billed`, async () => {
      for (const model of ["large", "reasoner"]) {
        const got = await ask(provider, model, chatOf("Tell me about gardening", { stream }));
        assert.match(got.answer?.text ?? "", /gardening/);
        assert.equal(got.thrown, undefined);
        await sameBooks(got);
      }
    });

    test(`${how}: three turns with parallel calls bring thoughts and signatures back as they were`, async () => {
      const chat = (messages: Message[]) =>
        chatOf("", { stream, messages, tools: TOOLS, maxOutputTokens: 8_000n, reasoning: { effort: "low" } });
      const messages = [user(PROMPT)];
      const first = await ask(provider, "reasoner", chat(messages));
      assert.deepEqual(
        first.answer?.toolCalls.map((call) => JSON.parse(call.argumentsJson).city),
        ["Paris", "Oslo"],
        String(first.thrown),
      );
      await sameBooks(first);
      // OpenAI's wire has none; the others refuse a turn whose signatures are not these.
      const given = JSON.stringify([first.answer?.reasoning, first.answer?.toolCalls]);
      assert.equal(/"signature":"[^"]/.test(given), provider !== "sim");
      if (first.answer !== undefined) messages.push(...turnsAfter(provider, first.answer));
      const second = await ask(provider, "reasoner", chat(messages));
      assert.match(second.answer?.text ?? "", /21 degrees/, String(second.thrown));
      if (second.answer !== undefined) messages.push(...turnsAfter(provider, second.answer));
      messages.push(user(PROMPT));
      const third = await ask(provider, "reasoner", chat(messages));
      assert.equal(third.answer?.toolCalls.length, 2, String(third.thrown));
      await sameBooks(third);
    });

    test(`${how}: structured answers, stop strings and limits`, async () => {
      const schemaJson = JSON.stringify({
        type: "object",
        properties: { age: { type: "integer" } },
        required: ["age"],
        additionalProperties: false,
      });
      const responseFormat = {
        kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA,
        schemaJson,
        name: "person",
        description: "",
        strict: true,
      };
      const made = await ask(provider, "small", chatOf("A person", { stream, responseFormat }));
      assert.ok(Number.isInteger(JSON.parse(made.answer?.text ?? "").age), String(made.thrown));
      await sameBooks(made);
      const short = await ask(provider, "large", chatOf("Gardening", { stream, maxOutputTokens: 4n }));
      assert.equal((await books(short.attemptId)).metered.split(" ")[1], "4");
      const whole = (await ask(provider, "large", chatOf("Gardening", { stream }))).answer?.text ?? "";
      const cut = await ask(provider, "large", chatOf("Gardening", { stream, stop: [whole.slice(20, 25)] }));
      assert.equal(cut.answer?.text, whole.slice(0, 20));
    });

    test(`${how}: a call that is no JSON does not look like a good one`, async () => {
      const { answer, attemptId } = await ask(provider, "small+bad-json", chatOf(PROMPT, { stream, tools: TOOLS }));
      const calls = answer?.toolCalls ?? [];
      for (const { argumentsJson } of calls) assert.throws(() => JSON.parse(argumentsJson), argumentsJson);
      if (calls.length === 0) assert.equal(answer?.finish?.reason, FinishReason.FINISH_REASON_ERROR);
      await books(attemptId).then(({ billed, metered }) => assert.equal(metered, billed));
    });

    test(`${how}: cached tokens stand apart and add up to the prompt`, async () => {
      const got = await ask(provider, "small+cached=5", chatOf("Tell me about gardening", { stream }));
      const usage = world.bus.metered().find((one) => one.attemptId === got.attemptId)?.usage;
      assert.deepEqual([usage?.inputTokens, usage?.cachedInputTokens], [22n, 5n]);
    });

    test(`${how}: what fails before the first content says which failure it is and costs nothing`, async () => {
      const codes: readonly (readonly [string, string])[] = [
        ["429=3", "upstream_rate_limited"],
        ["503", "upstream_overloaded|upstream_unavailable"],
        ["401", "upstream_unauthenticated"],
        ["400", "upstream_invalid_request"],
        ["html", "upstream_unavailable"],
        ["drop", "upstream_unavailable"],
        ["inband-error", "upstream_overloaded|upstream_unavailable"],
      ];
      for (const [fault, code] of codes) {
        const got = await ask(provider, `small+${fault}`, chatOf("Hi", { stream }));
        assert.match(got.thrown?.code ?? "nothing thrown", new RegExp(`^(${code})$`), fault);
        if (fault === "429=3") assert.equal(got.thrown?.details.retryAfterMs, 3_000);
        if (fault !== "drop")
          await books(got.attemptId).then(({ billed, metered }) => assert.equal(metered, billed, fault));
      }
    });
  }
}

for (const provider of PROVIDERS) {
  test(`${provider}: what an attempt cost is known afterwards, by its id`, async () => {
    const { attemptId } = await ask(provider, "small", chatOf("Hi"));
    const made = BUILT_IN[provider]?.({ baseUrl: undefined, abandon: undefined });
    assert.ok(made?.usageLookUp);
    const url = `${simulator.url}${SIMULATOR_PATHS[provider]}${made.usageLookUp.path(attemptId)}`;
    const response = await fetch(url, { headers: { ...made.authorize(simulator.apiKey) } });
    const { usage } = made.usageLookUp.read({ status: response.status, body: await response.json() });
    const { billed } = await books(attemptId);
    assert.equal(`${usage?.inputTokens} ${usage?.outputTokens} ${usage?.reasoningTokens}`, billed);
  });
}

for (const stream of [false, true]) {
  test(`withheld thoughts go back as they came, ${stream ? "streamed" : "plain"}`, async () => {
    const provider = "sim-anthropic";
    const messages = [user(`ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING ${PROMPT}`)];
    const chat = () => chatOf("", { stream, messages, tools: TOOLS });
    const { answer } = await ask(provider, "reasoner", chat());
    assert.deepEqual(
      answer?.reasoning.map(({ redacted, text }) => [redacted, text]),
      [[true, ""]],
    );
    if (answer !== undefined) messages.push(...turnsAfter(provider, answer));
    const second = await ask(provider, "reasoner", chat());
    assert.match(second.answer?.text ?? "", /21 degrees/, String(second.thrown));
  });
}
