import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ChatChunk, ChatRequest } from "@sluice/proto/chat/v1/chat";
import { EstimateResponse, type RouteResponse } from "@sluice/proto/router/v1/router_service";
import { batch, finish, head, openDoor, start, summary, type TestDoor, text } from "./ingress-door.ts";
import { eventSchema, readOpenAiSpec } from "./openai-spec.ts";

const spec = readOpenAiSpec();
if (spec === undefined)
  process.stdout.write(
    "# ../shared/fixtures/openapi is absent: answers are not checked against OpenAI's specification\n",
  );

type Piece = Parameters<typeof ChatChunk.fromPartial>[0];
type Json = Record<string, unknown>;

const reasoning = (over: object): Piece => ({ event: { $case: "reasoning", value: { text: "", ...over } } });
const call = (over: object): Piece => ({ event: { $case: "toolCall", value: over } });

let door: TestDoor;
let seen: ChatRequest[] = [];
let answer: () => AsyncIterable<RouteResponse>;

/** Answers the next requests with these pieces, each in a batch of its own. */
function answerWith(pieces: readonly Piece[], over: object = {}): void {
  answer = async function* () {
    yield head(over);
    yield batch(start);
    for (const piece of pieces) yield batch(piece);
    yield summary();
  };
}

before(async () => {
  door = await openDoor({
    estimate: async () => EstimateResponse.fromPartial({ candidates: [{ input: { expected: 9n, bound: 12n } }] }),
    route: async function* (request) {
      seen.push(request.chat as ChatRequest);
      yield* answer();
    },
  });
});
after(() => door.stop());

async function post(body: Json): Promise<Response> {
  seen = [];
  const headers = { "content-type": "application/json" };
  return door.fetch("/v1/responses", {
    method: "POST",
    headers,
    body: JSON.stringify({ model: "sim/small", ...body }),
  });
}

async function plain(body: Json): Promise<Json> {
  const response = await post(body);
  const json = (await response.json()) as Json;
  assert.equal(response.status, 200, JSON.stringify(json));
  spec?.check("Response", json);
  return json;
}

async function streamed(body: Json): Promise<Json[]> {
  const response = await post({ ...body, stream: true });
  assert.equal(response.status, 200);
  const events = (await response.text())
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const [name = "", data = ""] = event.split("\n");
      const json = JSON.parse(data.slice("data: ".length)) as Json;
      assert.equal(name, `event: ${json["type"]}`);
      return json;
    });
  for (const [index, event] of events.entries()) {
    assert.equal(event["sequence_number"], index);
    spec?.check(eventSchema(String(event["type"])), event);
  }
  return events;
}

const outputOf = (response: unknown): Json[] => (response as { output: Json[] }).output;
const final = (events: readonly Json[]): Json => events.at(-1)?.["response"] as Json;

/** The same answer plain and streamed must be the same output but for its ids. */
async function both(body: Json): Promise<{ readonly output: Json[]; readonly events: Json[] }> {
  const output = outputOf(await plain(body));
  const events = await streamed(body);
  const bare = (items: Json[]) => items.map(({ id: _id, ...item }) => item);
  assert.deepEqual(bare(outputOf(final(events))), bare(output));
  return { output, events };
}

test("a text is answered plain and streamed, with usage", async () => {
  answerWith([text("Hello"), text(" there"), finish()]);
  const { output, events } = await both({ input: "Hi", instructions: "Be short." });
  const content = [{ type: "output_text", text: "Hello there", annotations: [], logprobs: [] }];
  assert.equal(output.length, 1);
  assert.deepEqual(output[0]?.["content"], content);
  assert.deepEqual(
    events.map(({ type }) => type),
    [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ],
  );
  assert.deepEqual(final(events)["usage"], {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 2, cache_write_tokens: 0 },
    output_tokens: 3,
    output_tokens_details: { reasoning_tokens: 1 },
    total_tokens: 12,
  });
  const [request] = seen;
  assert.deepEqual(
    request?.messages.map(({ role, parts }) => [role, parts[0]?.kind?.value]),
    [
      [1, "Be short."],
      [3, "Hi"],
    ],
  );
});

test("thinking, calls and words keep their order; signatures come back byte for byte", async () => {
  const signature = "ErUBCkYIBxgCIkDsig+/=";
  answerWith(
    [
      reasoning({ text: "Let me " }),
      reasoning({ text: "see." }),
      reasoning({ signature }),
      text("I look it up."),
      call({ call: 0, id: "call_1", name: "now", type: "function", argumentsJson: '{"zone":' }),
      call({ call: 0, argumentsJson: '"UTC"}' }),
      call({ call: 1, id: "call_2", name: "weather", type: "function", argumentsJson: "{}", signature: "thought==" }),
      finish(3, "tool_use"),
    ],
    { provider: "anthropic" },
  );
  const tools = [{ type: "function", name: "now", parameters: { type: "object" } }];
  const { output } = await both({ input: "Time?", tools, include: ["reasoning.encrypted_content"] });
  assert.deepEqual(
    output.map(({ type }) => type),
    ["reasoning", "message", "function_call", "reasoning", "function_call"],
  );

  answerWith([text("Noon."), finish()]);
  const results = ["call_1", "call_2"].map((id) => ({ type: "function_call_output", call_id: id, output: "12" }));
  await plain({ input: [{ role: "user", content: "Time?" }, ...output, ...results], store: false });
  const [, turn, first] = seen[0]?.messages ?? [];
  assert.deepEqual(
    turn?.parts.map(({ kind }) => kind),
    [
      { $case: "reasoning", value: { text: "Let me see.", signature, redacted: false, id: "", provider: "anthropic" } },
      { $case: "text", value: "I look it up." },
      {
        $case: "toolCall",
        value: {
          id: "call_1",
          name: "now",
          argumentsJson: '{"zone":"UTC"}',
          signature: "",
          type: "function",
          provider: "",
        },
      },
      {
        $case: "toolCall",
        value: {
          id: "call_2",
          name: "weather",
          argumentsJson: "{}",
          signature: "thought==",
          type: "function",
          provider: "anthropic",
        },
      },
    ],
  );
  assert.equal(first?.role, 5);
});

test("what was cut says why, a refusal is a refusal, a filter is no end of its own", async () => {
  answerWith([text("Once upon"), finish(2, "length")]);
  const cut = await both({ input: "Tell" });
  assert.equal(final(cut.events)["status"], "incomplete");
  assert.deepEqual(final(cut.events)["incomplete_details"], { reason: "max_output_tokens" });
  assert.equal(cut.output[0]?.["status"], "incomplete");
  answerWith([{ event: { $case: "refusal", value: "No." } }, finish()]);
  const refused = await both({ input: "Tell" });
  assert.deepEqual(refused.output[0]?.["content"], [{ type: "refusal", refusal: "No." }]);
  answerWith([finish(4, "content_filter")]);
  assert.deepEqual((await plain({ input: "Tell" }))["incomplete_details"], { reason: "content_filter" });
});

test("log probabilities stand at their text, annotations of any provider are the dialect's own", async () => {
  const token = { token: "Hi", logprob: -0.5, bytes: null, top_logprobs: [{ token: "Hi", logprob: -0.5 }] };
  const cites = [
    { type: "url_citation", url_citation: { url: "https://a.example", title: "A", start_index: 0, end_index: 2 } },
    { type: "web_search_result_location", url: "https://b.example", title: "B", cited_text: "x" },
    { type: "page_location", document_index: 1, document_title: "C", start_page_number: 1 },
    { type: "unheard_of" },
  ];
  answerWith([
    text("Hi"),
    { event: { $case: "annotationsJson", value: JSON.stringify(cites) } },
    { event: { $case: "logprobsJson", value: JSON.stringify({ content: [token] }) } },
    finish(),
  ]);
  const { output } = await both({ input: "x", include: ["message.output_text.logprobs"], top_logprobs: 2 });
  const [part] = (output[0]?.["content"] ?? []) as { annotations: Json[] }[];
  assert.deepEqual(
    part?.annotations.map(({ type }) => type),
    ["url_citation", "url_citation", "file_citation"],
  );
  assert.equal(seen[0]?.logprobs, true);
});

test("a failure inside a stream is told in both of OpenAI's forms, with what there was", async () => {
  answer = async function* () {
    yield head();
    yield batch(start, text("Hel"));
    yield summary({ error: { code: "upstream_rate_limited", message: "Too many." } });
  };
  const events = await streamed({ input: "Hi" });
  assert.deepEqual(
    events.slice(-4).map(({ type }) => type),
    ["response.content_part.done", "response.output_item.done", "error", "response.failed"],
  );
  const error = events.at(-2) as Json;
  assert.deepEqual([error["code"], error["message"]], ["upstream_rate_limited", "Too many."]);
  assert.equal((error["error"] as Json)["type"], "rate_limit_error");
  assert.deepEqual(final(events)["error"], { code: "rate_limit_exceeded", message: "Too many." });
  assert.equal(outputOf(final(events))[0]?.["status"], "incomplete");
});

test("a failure after headers went out early is told with the events that were held back before it", async (t) => {
  const heard = Promise.withResolvers<void>();
  const waiting = await openDoor({
    config: { first_byte_ms: 10 },
    route: async function* () {
      yield head();
      yield batch(start);
      await heard.promise;
      yield summary({ error: { code: "upstream_overloaded", message: "Full." } });
    },
  });
  t.after(() => waiting.stop());
  const response = await waiting.fetch("/v1/responses", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "sim/small", input: "Hi", stream: true }),
  });
  assert.equal(response.status, 200);
  heard.resolve();
  const events = [...(await response.text()).matchAll(/^data: (.*)$/gm)].map(
    ([, json = ""]) => JSON.parse(json) as Json,
  );
  assert.deepEqual(
    events.map((event) => [event["sequence_number"], event["type"]]),
    ["response.created", "response.in_progress", "error", "response.failed"].map((type, index) => [index, type]),
  );
});

test("a prompt is counted without asking anyone", async () => {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ model: "sim/small", input: "Hello" });
  const counted = await door.fetch("/v1/responses/input_tokens", { method: "POST", headers, body });
  assert.deepEqual(await counted.json(), { object: "response.input_tokens", input_tokens: 9 });
});
