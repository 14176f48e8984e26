import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { SluiceError, toErrorDetail } from "@sluice/platform/errors";
import OpenAI from "openai";
import {
  batch,
  finish,
  head,
  hello,
  openDoor,
  type Route,
  start,
  summary,
  type TestDoor,
  text,
} from "./ingress-door.ts";

const doors: TestDoor[] = [];
after(() => Promise.all(doors.map((door) => door.stop())));

async function client(route: Route): Promise<OpenAI> {
  const door = await openDoor({ route });
  doors.push(door);
  return new OpenAI({ baseURL: `${door.url}/v1`, apiKey: door.key, maxRetries: 0 });
}

const ask = { model: "sim/small", messages: [{ role: "user" as const, content: "Hi" }] };

test("a plain answer comes whole, with usage and the facts in headers", async () => {
  const openai = await client(hello);
  const { data, response, request_id } = await openai.chat.completions.create(ask).withResponse();
  assert.equal(data.object, "chat.completion");
  assert.equal(data.id, "chatcmpl-1");
  assert.equal(data.model, "small-1");
  assert.equal(data.created, 1_700_000_000);
  assert.deepEqual(data.choices[0]?.message, { role: "assistant", content: "Hello there!", refusal: null });
  assert.equal(data.choices[0]?.finish_reason, "stop");
  assert.deepEqual(data.usage, {
    prompt_tokens: 9,
    completion_tokens: 3,
    total_tokens: 12,
    prompt_tokens_details: { cached_tokens: 2 },
    completion_tokens_details: { reasoning_tokens: 1 },
  });
  assert.equal(response.headers.get("x-sluice-cost-usd"), "0.0012345");
  assert.equal(response.headers.get("x-sluice-provider"), "sim");
  assert.equal(response.headers.get("x-sluice-model"), "sim/small");
  assert.equal(response.headers.get("x-sluice-attempts"), "1");
  assert.equal(response.headers.get("x-sluice-simulated"), "true");
  assert.match(response.headers.get("x-sluice-request-id") ?? "", /^req_/);
  assert.equal(request_id, response.headers.get("x-sluice-request-id"));
});

test("a streamed answer has its role first, its finish with the facts last, and usage only if asked for", async () => {
  const openai = await client(hello);
  for (const wantsUsage of [false, true]) {
    const options = wantsUsage ? { stream_options: { include_usage: true } } : {};
    const stream = await openai.chat.completions.create({ ...ask, stream: true, ...options });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.equal(chunks[0]?.choices[0]?.delta.role, "assistant");
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), "Hello there!");
    const finished = chunks.filter((chunk) => chunk.choices[0]?.finish_reason === "stop");
    assert.equal(finished.length, 1);
    const facts = (finished[0] as unknown as { x_sluice: Record<string, unknown> }).x_sluice;
    assert.equal(facts["cost_usd"], "0.0012345");
    assert.equal(facts["verdict"], "pass");
    assert.equal(facts["simulated"], true);
    const usages = chunks.filter((chunk) => chunk.usage);
    assert.equal(usages.length, wantsUsage ? 1 : 0);
    if (wantsUsage) assert.deepEqual(chunks.at(-1)?.choices, []);
  }
});

test("parallel tool calls survive plain and streamed", async () => {
  const call = (number: number, id: string, argumentsJson: string) =>
    ({
      event: {
        $case: "toolCall",
        value: {
          call: number,
          id,
          name: id === "" ? "" : "get_weather",
          argumentsJson,
          type: id === "" ? "" : "function",
        },
      },
    }) as const;
  const openai = await client(async function* () {
    yield head();
    yield batch(start, call(0, "call_a", ""), call(0, "", '{"city":'), call(0, "", '"Rome"}'));
    yield batch(call(1, "call_b", '{"city":"Oslo"}'), finish(3, "tool_calls"));
    yield summary();
  });
  const tools = [{ type: "function" as const, function: { name: "get_weather", parameters: { type: "object" } } }];
  const plain = await openai.chat.completions.create({ ...ask, tools });
  const runner = openai.chat.completions.stream({ ...ask, tools });
  const streamed = await runner.finalChatCompletion();
  for (const answer of [plain, streamed]) {
    const message = answer.choices[0]?.message;
    assert.equal(message?.content, null);
    const calls = (message?.tool_calls ?? []).map(
      (made) => made.type === "function" && [made.id, made.function.arguments],
    );
    assert.deepEqual(calls, [
      ["call_a", '{"city":"Rome"}'],
      ["call_b", '{"city":"Oslo"}'],
    ]);
    assert.equal(answer.choices[0]?.finish_reason, "tool_calls");
  }
});

test("an error before content is the client's own error class, streamed or not", async () => {
  const openai = await client(async function* () {
    yield head();
    throw new SluiceError("rate_limited", "Too fast; the limit is 3 a minute.", { details: { retryAfterMs: 1_500 } });
  });
  for (const stream of [false, true]) {
    await assert.rejects(openai.chat.completions.create({ ...ask, stream }), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.equal(error.code, "rate_limited");
      assert.equal(error.headers.get("retry-after"), "2");
      assert.equal(error.headers.get("retry-after-ms"), "1500");
      assert.equal(error.headers.get("x-should-retry"), null);
      return true;
    });
  }
});

test("budget errors are 402 and are not repeated by the client", async () => {
  let calls = 0;
  const door = await openDoor({
    route: () => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          calls++;
          throw new SluiceError("budget_exhausted", "Budget of key key_1 is used up: limit 5, spent 5, held 0.");
        },
      }),
    }),
  });
  doors.push(door);
  const openai = new OpenAI({ baseURL: `${door.url}/v1`, apiKey: door.key, maxRetries: 3 });
  await assert.rejects(openai.chat.completions.create(ask), (error) => {
    assert.ok(error instanceof OpenAI.APIError);
    assert.equal(error.status, 402);
    assert.equal(error.type, "insufficient_quota");
    assert.equal(error.code, "budget_exhausted");
    assert.equal(error.headers?.get("x-should-retry"), "false");
    assert.match(error.message, /limit 5, spent 5, held 0/);
    return true;
  });
  assert.equal(calls, 1);
});

test("an error after content is raised in the stream, and nothing looks finished", async () => {
  const detail = toErrorDetail(new SluiceError("upstream_unavailable", "The provider cut the answer."));
  const openai = await client(async function* () {
    yield head();
    yield batch(start, text("Half"));
    yield batch(finish());
    yield summary({ error: detail });
  });
  const stream = await openai.chat.completions.create({ ...ask, stream: true });
  let content = "";
  let finished = false;
  await assert.rejects(
    async () => {
      for await (const chunk of stream) {
        content += chunk.choices[0]?.delta.content ?? "";
        finished ||= (chunk.choices[0]?.finish_reason ?? null) !== null;
      }
    },
    (error) => error instanceof OpenAI.APIError && error.code === "upstream_unavailable",
  );
  assert.equal(content, "Half");
  assert.equal(finished, false);
  await assert.rejects(openai.chat.completions.create(ask), { status: 502 });
});

test("a client that leaves cancels the call behind it at once", async () => {
  const signals: AbortSignal[] = [];
  const openai = await client(async function* (_, { signal }) {
    signals.push(signal);
    yield head();
    yield batch(start, text("On"));
    while (!signal.aborted) {
      await Promise.race([once(signal, "abort"), new Promise((resolve) => setImmediate(resolve))]);
      yield batch(text(" and on"));
    }
  });
  const stream = await openai.chat.completions.create({ ...ask, stream: true });
  for await (const chunk of stream) {
    assert.ok(chunk);
    break;
  }
  const signal = signals[0];
  assert.ok(signal);
  if (!signal.aborted) await once(signal, "abort");

  const leave = new AbortController();
  const silent = await client(async function* (_, call) {
    signals.push(call.signal);
    leave.abort();
    await once(call.signal, "abort");
    yield head();
  });
  await assert.rejects(silent.chat.completions.create(ask, { signal: leave.signal }), OpenAI.APIUserAbortError);
  assert.equal(signals.length, 2);
  if (signals[1]?.aborted === false) await once(signals[1], "abort");
});

test("keys, models and their errors have the client's classes", async () => {
  const openai = await client(hello);
  const models = await openai.models.list();
  assert.deepEqual(
    models.data.map((model) => model.id),
    ["sim/small"],
  );
  assert.equal((await openai.models.retrieve("sim/small")).id, "sim/small");
  await assert.rejects(openai.models.retrieve("sim/none"), OpenAI.NotFoundError);
  const stranger = new OpenAI({ baseURL: openai.baseURL, apiKey: "sk-nothing", maxRetries: 0 });
  await assert.rejects(stranger.chat.completions.create(ask), OpenAI.AuthenticationError);
});
