import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import { FinishReason } from "@sluice/proto/chat/v1/chat";
import { UsageSource } from "@sluice/proto/common/v1/usage";
import { PROVIDERS } from "../../services/provider-adapter/src/providers/registry.ts";
import { awsFrame } from "../../services/provider-adapter/src/testing/aws-frame.ts";
import { openSse, type Script } from "../../services/provider-adapter/src/testing/upstream.ts";
import {
  attemptOf,
  chatOf,
  type Got,
  readAll,
  startWorld,
  type World,
} from "../../services/provider-adapter/src/testing/world.ts";

/** Every registered provider goes through the same cases, answered by its own hand-written fixtures. */

const FOLDER = resolve(import.meta.dirname, "../../services/provider-adapter/src/providers");
const SECRET = "contract-secret-0123456789";
const TEXT = "Grüße from a fixture.";
const TEXT_TOKENS = 7n;
const OWN_MODEL = "own-model";

const fixture = (provider: string, name: string) => readFileSync(join(FOLDER, provider, "fixtures", name), "utf8");

function answering(body: string, status = 200, headers: Record<string, string> = {}): Script {
  return (response) => void response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}

const NAME = /^event: (.*)$/m;
const DATA = /^data: (.*)$/m;

/** The events of a fixture as the frames that stand for them. */
function framesOf(events: string): Buffer {
  const frames = events.split("\n\n").flatMap((event) => {
    const [name, data] = [NAME.exec(event)?.[1] ?? "", DATA.exec(event)?.[1]];
    if (data === undefined) return [];
    const failed = name.startsWith("error:");
    const headers = failed
      ? { ":message-type": "exception", ":exception-type": name.slice("error:".length) }
      : { ":message-type": "event", ":event-type": name };
    return [awsFrame(headers, data)];
  });
  return Buffer.concat(frames);
}

/** Opens a streamed answer in its provider's own framing; what is written are events as the fixtures have them. */
function openStream(provider: string, response: Parameters<Script>[0]): (events: string) => string | Buffer {
  const framing = PROVIDERS[provider]?.({ baseUrl: undefined, abandon: undefined }).framing;
  if (framing !== "aws") {
    openSse(response);
    return (events) => events;
  }
  response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "req_up" });
  response.flushHeaders();
  return framesOf;
}

function streaming(provider: string, events: string): Script {
  return (response) => void response.end(openStream(provider, response)(events));
}

/** Wires that do not tell the model, or not even an id; whoever prints the answer has both. */
const NAMELESS = new Set(["bedrock", "cohere"]);

function answerOf(got: Got) {
  const accumulator = accumulate();
  for (const { message } of got.messages) {
    if (message?.$case === "batch") for (const chunk of message.value.chunks) accumulator.push(chunk);
  }
  const [answer] = accumulator.answers();
  assert.ok(answer);
  return { answer, usage: accumulator.usage(), start: accumulator.start() };
}

interface Contract {
  readonly world: World;
  readonly provider: string;
  ask(stream: boolean, script: Script): Promise<Got>;
}

type Check = (contract: Contract) => Promise<void>;

async function text(contract: Contract, stream: boolean): Promise<void> {
  const { world, provider } = contract;
  const name = stream ? "text.sse" : "text.json";
  const body = fixture(provider, name);
  const got = await contract.ask(stream, stream ? streaming(contract.provider, body) : answering(body));
  const { answer, usage, start } = answerOf(got);
  assert.deepEqual([answer.text, answer.finish?.reason], [TEXT, FinishReason.FINISH_REASON_STOP]);
  assert.ok(NAMELESS.has(provider) || (start?.id && start.model));
  assert.equal(usage?.outputTokens, TEXT_TOKENS);
  const [metered] = world.bus.metered();
  assert.deepEqual([metered?.ending, metered?.usage?.outputTokens], ["completed", TEXT_TOKENS]);
  assert.equal(metered?.usageSource, UsageSource.USAGE_SOURCE_PROVIDER);
}

async function toolCall(contract: Contract, stream: boolean): Promise<void> {
  const body = fixture(contract.provider, stream ? "tool-call.sse" : "tool-call.json");
  const { answer } = answerOf(
    await contract.ask(stream, stream ? streaming(contract.provider, body) : answering(body)),
  );
  const calls = answer.toolCalls.map(({ id, name, argumentsJson, type }) => [id, name, argumentsJson, type]);
  assert.deepEqual(calls, [
    ["call_a1", "get_weather", '{"city":"Oslo"}', "function"],
    ["call_b2", "get_time", "{}", "function"],
  ]);
  assert.equal(answer.finish?.reason, FinishReason.FINISH_REASON_TOOL_CALLS);
}

const CHECKS: Readonly<Record<string, Check>> = {
  "text, plain": (contract) => text(contract, false),
  "text, streamed": (contract) => text(contract, true),
  "tool calls, plain": (contract) => toolCall(contract, false),
  "tool calls, streamed": (contract) => toolCall(contract, true),
  "an answer without content": async (contract) => {
    const { answer } = answerOf(
      await contract.ask(true, streaming(contract.provider, fixture(contract.provider, "empty.sse"))),
    );
    assert.deepEqual([answer.text, answer.toolCalls], ["", []]);
    assert.equal(answer.finish?.reason, FinishReason.FINISH_REASON_STOP);
  },
  "an empty stream": async (contract) => {
    const got = await contract.ask(true, streaming(contract.provider, ""));
    assert.equal(got.thrown?.code, "upstream_unavailable");
    assert.equal(contract.world.bus.metered()[0]?.ending, "cut");
  },
  "a refusal with a status": async (contract) => {
    const script = answering(fixture(contract.provider, "error-429.json"), 429, { "retry-after": "2" });
    const got = await contract.ask(true, script);
    assert.deepEqual([got.thrown?.code, got.thrown?.details.retryAfterMs], ["upstream_rate_limited", 2_000]);
    assert.equal(contract.world.bus.metered()[0]?.usage, undefined);
  },
  "an error before the first chunk": async (contract) => {
    const got = await contract.ask(true, streaming(contract.provider, fixture(contract.provider, "error-first.sse")));
    assert.equal(got.thrown?.code, "upstream_unavailable");
    assert.equal(contract.world.bus.metered()[0]?.usage, undefined);
  },
  "an error after the first chunk": async (contract) => {
    const got = await contract.ask(true, streaming(contract.provider, fixture(contract.provider, "error-later.sse")));
    assert.deepEqual([got.text, got.thrown, got.tail?.error?.code], [TEXT, undefined, "upstream_unavailable"]);
    assert.equal(contract.world.bus.metered()[0]?.usageSource, UsageSource.USAGE_SOURCE_COUNTED);
  },
  "usage missing": async (contract) => {
    const got = await contract.ask(true, streaming(contract.provider, fixture(contract.provider, "no-usage.sse")));
    assert.deepEqual([got.text, got.tail?.usageSource], [TEXT, UsageSource.USAGE_SOURCE_COUNTED]);
    const tokens = got.tail?.usage?.outputTokens ?? 0n;
    assert.ok(tokens >= BigInt(TEXT.split(" ").length), "never below what was delivered");
  },
  cancel: async ({ world, provider }) => {
    let sendRest = (): void => undefined;
    const events = fixture(provider, "text.sse");
    const half = events.indexOf('" from a"') + 1;
    const begins = events.startsWith("event: ") ? "event: " : "data: ";
    const firstHalf = events.slice(0, events.lastIndexOf(begins, half));
    world.upstream.script = (response) => {
      const wireOf = openStream(provider, response);
      response.write(wireOf(firstHalf));
      sendRest = () => void response.end(wireOf(events.slice(firstHalf.length)));
    };
    const request = attemptOf(provider, chatOf("hi", { stream: true }), { model: modelOf(provider) });
    await readAll(world.client.generate(request), (seen) => seen !== "");
    sendRest();
    const metered = await world.metered();
    const drained = PROVIDERS[provider]?.({ baseUrl: undefined, abandon: undefined }).abandon === "drain";
    assert.equal(metered.usageSource, drained ? UsageSource.USAGE_SOURCE_DRAINED : UsageSource.USAGE_SOURCE_COUNTED);
    assert.equal(metered.ending, drained ? "completed" : "abandoned");
  },
};

const modelsOf = (provider: string) => PROVIDERS[provider]?.({ baseUrl: undefined, abandon: undefined }).models ?? [];

/** Its first model; a provider without models of its own is configured with one. */
function modelOf(provider: string): string {
  return modelsOf(provider)[0]?.id ?? OWN_MODEL;
}

/** A provider whose models know no tools has no such answers. */
function concerns(provider: string, name: string): boolean {
  const models = modelsOf(provider);
  const tools = models.length === 0 || models.some(({ capabilities }) => capabilities.includes("tools"));
  return tools || !name.startsWith("tool calls");
}

async function inWorld(provider: string, check: Check): Promise<void> {
  const providers = modelsOf(provider).length === 0 ? { [provider]: { models: [OWN_MODEL] } } : {};
  const world = await startWorld({ providers }, [provider]);
  try {
    await world.client.putCredential({ provider, secret: SECRET });
    await check({
      world,
      provider,
      async ask(stream, script) {
        world.upstream.script = script;
        const got = await readAll(
          world.client.generate(attemptOf(provider, chatOf("hi", { stream }), { model: modelOf(provider) })),
        );
        assert.equal(world.bus.metered().length, 1, "metered exactly once");
        assert.match(JSON.stringify(world.upstream.seen[0]?.headers), new RegExp(SECRET));
        assert.doesNotMatch(world.logged(), new RegExp(SECRET));
        return got;
      },
    });
  } finally {
    await world.close();
  }
}

/** Those with chat models, or with whatever an installation lists; what others serve is proved beside their folders. */
const chats = (provider: string): boolean =>
  modelsOf(provider).length === 0 || modelsOf(provider).some(({ taskBound }) => taskBound === undefined);

for (const provider of Object.keys(PROVIDERS).filter(chats)) {
  for (const [name, check] of Object.entries(CHECKS)) {
    if (concerns(provider, name)) test(`${provider}: ${name}`, () => inWorld(provider, check));
  }
}
