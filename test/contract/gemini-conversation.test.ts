import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type AccumulatedAnswer, accumulate } from "@sluice/platform/chat";
import {
  type ChatChunk,
  ChatRequest,
  FinishReason,
  Message,
  Part,
  ReasoningPart,
  Role,
  Tool,
  ToolCall,
  ToolResult,
} from "@sluice/proto/chat/v1/chat";
import { type Simulator, startSimulator } from "@sluice/simulator";
import { createSseReader } from "../../services/provider-adapter/src/http/sse.ts";
import { simGemini } from "../../services/provider-adapter/src/providers/sim-gemini/index.ts";

/** A conversation with tools over Google's wire, mapped by the adapter and judged by the simulator, which checks every signature. */

const NAME = "sim-gemini";
const provider = simGemini({ baseUrl: undefined, abandon: undefined });
const entry = provider.models.find(({ id }) => id === "reasoner");
const TOOL = Tool.create({
  name: "get_weather",
  parametersJson:
    '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}',
});

let simulator: Simulator;
before(async () => {
  simulator = await startSimulator({ pace: 0 });
});
after(() => simulator.close());

async function ask(messages: Message[], stream: boolean): Promise<AccumulatedAnswer> {
  assert.ok(entry);
  const request = ChatRequest.create({ messages, tools: [TOOL], stream, reasoning: { effort: "low" } });
  const { path, headers, body } = provider.mapChat(request, entry.id, entry);
  const response = await fetch(`${simulator.url}/v1beta${path}`, {
    method: "POST",
    headers: { ...headers, ...provider.authorize(simulator.apiKey) },
    body,
  });
  const text = await response.text();
  if (response.status !== 200) throw provider.mapError({ status: response.status, headers: {}, body: text });
  const accumulator = accumulate();
  for (const chunk of stream ? readStream(text) : provider.mapResponse(text).chunks) accumulator.push(chunk);
  const [answer] = accumulator.answers();
  assert.ok(answer);
  return answer;
}

function readStream(sse: string): ChatChunk[] {
  const chunks: ChatChunk[] = [];
  const reader = provider.openStream();
  const events = createSseReader(1_000_000);
  events.push(Buffer.from(sse), (name, data) => reader.step(name, data, chunks));
  events.end((name, data) => reader.step(name, data, chunks));
  reader.end(chunks);
  assert.deepEqual([reader.finished, reader.error], [true, undefined]);
  return chunks;
}

const part = (kind: Part["kind"]) => Part.create({ kind });
const text = (value: string) => part({ $case: "text", value });
const user = (value: string) => Message.create({ role: Role.ROLE_USER, parts: [text(value)] });

/** The answer as a caller of the OpenAI dialect sends it back: thinking first, then text, then calls. */
function assistant(answer: AccumulatedAnswer, change: (signature: string) => string = (same) => same): Message {
  const thoughts = answer.reasoning.map(({ text: value, signature, redacted, id }) =>
    part({ $case: "reasoning", value: ReasoningPart.create({ text: value, signature, redacted, id, provider: NAME }) }),
  );
  const calls = answer.toolCalls.map(({ id, name, argumentsJson, signature, type }) => {
    const value = { id, name, argumentsJson, type, signature: change(signature), provider: NAME };
    return part({ $case: "toolCall", value: ToolCall.create(value) });
  });
  const said = answer.text === "" ? [] : [text(answer.text)];
  return Message.create({ role: Role.ROLE_ASSISTANT, parts: [...thoughts, ...said, ...calls] });
}

const results = (answer: AccumulatedAnswer): Message[] =>
  answer.toolCalls.map(({ id }) => {
    const value = ToolResult.create({ toolCallId: id, parts: [text("21 degrees")] });
    return Message.create({ role: Role.ROLE_TOOL, parts: [part({ $case: "toolResult", value })] });
  });

for (const stream of [false, true]) {
  test(`three turns with parallel calls keep every signature, ${stream ? "streamed" : "plain"}`, async () => {
    const history = [user("What is the weather in Paris and Oslo?")];
    const calling = await ask(history, stream);
    assert.equal(calling.toolCalls.length, 2);
    assert.equal(calling.finish?.reason, FinishReason.FINISH_REASON_TOOL_CALLS);
    assert.ok(calling.toolCalls[0]?.signature);
    history.push(assistant(calling), ...results(calling));
    const told = await ask(history, stream);
    assert.match(told.text, /21 degrees/);
    assert.ok(
      told.reasoning.some(({ signature }) => signature !== ""),
      "the text's signature is kept",
    );
    history.push(assistant(told), user("And the weather in Rome?"));
    const again = await ask(history, stream);
    assert.equal(again.toolCalls.length, 1);
    history.push(assistant(again), ...results(again));
    assert.match((await ask(history, stream)).text, /21 degrees/);
  });
}

test("a signature that was touched is refused, one of another provider is never sent", async () => {
  const question = user("What is the weather in Paris?");
  const calling = await ask([question], true);
  const spoiled = assistant(calling, (signature) => signature.slice(4));
  await assert.rejects(ask([question, spoiled, ...results(calling)], false), {
    code: "upstream_invalid_request",
    message: /Corrupted/,
  });
  const foreign = assistant(calling);
  for (const { kind } of foreign.parts) {
    if (kind?.$case === "toolCall") kind.value.provider = "another";
    if (kind?.$case === "reasoning") kind.value.provider = "another";
  }
  assert.match((await ask([question, foreign, ...results(calling)], false)).text, /21 degrees/);
});
