import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Part, ReasoningPart, ToolCall } from "@sluice/proto/chat/v1/chat";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import fc from "fast-check";
import OpenAI from "openai";
import { batch, finish, head, openDoor, start, summary, type TestDoor, text } from "./ingress-door.ts";

interface Turn {
  readonly blocks: readonly ReasoningPart[];
  readonly calls: readonly ToolCall[];
}

const PROVIDER = "some-provider";
let answer: RouteResponse[] = [];
let history: readonly Part[] = [];
let door: TestDoor | undefined;
after(() => door?.stop());

/** A door whose router plays `answer` and remembers what came back as the assistant's message. */
async function client(): Promise<OpenAI> {
  door ??= await openDoor({
    route: async function* ({ chat }) {
      history = chat?.messages.find((message) => message.role === 4)?.parts ?? [];
      yield* answer;
    },
  });
  return new OpenAI({ baseURL: `${door.url}/v1`, apiKey: door.key, maxRetries: 0 });
}

/** Signatures are opaque: anything a JSON string can hold must come back byte for byte. */
const opaque = fc.oneof(fc.base64String({ minLength: 1, maxLength: 400 }), fc.string({ unit: "binary", minLength: 1 }));
const block: fc.Arbitrary<ReasoningPart> = fc
  .record({ text: fc.string({ unit: "grapheme" }), signature: opaque, redacted: fc.boolean(), id: fc.string() })
  .map((made) => ({ ...made, text: made.redacted ? "" : made.text, provider: PROVIDER }));
const call = (id: number) =>
  fc.record({ signature: fc.oneof(fc.constant(""), opaque), name: fc.constantFrom("find", "send") }).map((made) => ({
    ...made,
    id: `call_${id}`,
    argumentsJson: `{"number":${id}}`,
    type: "function",
    provider: made.signature === "" ? "" : PROVIDER,
  }));
const turn: fc.Arbitrary<Turn> = fc.record({
  blocks: fc.array(block, { minLength: 1, maxLength: 3 }),
  calls: fc.tuple(call(0), call(1)),
});

function chunksOf({ blocks, calls }: Turn): RouteResponse[] {
  const deltas = blocks.flatMap(({ text: whole, signature, redacted, id }, number) => {
    const characters = [...whole];
    const middle = Math.floor(characters.length / 2);
    const pieces = [characters.slice(0, middle).join(""), characters.slice(middle).join("")];
    const one = (over: object) => ({ event: { $case: "reasoning" as const, value: { block: number, ...over } } });
    return [
      ...pieces.filter((piece) => piece !== "").map((piece) => one({ text: piece })),
      one({ signature, redacted, id }),
    ];
  });
  const called = calls.map(({ id, name, argumentsJson, signature, type }, number) =>
    batch(
      { event: { $case: "toolCall", value: { call: number, id, name, type, signature } } },
      { event: { $case: "toolCall", value: { call: number, argumentsJson } } },
    ),
  );
  return [
    head({ provider: PROVIDER }),
    batch(start, ...deltas),
    batch(text("So:")),
    ...called,
    batch(finish(3)),
    summary(),
  ];
}

const ask = { model: "m", messages: [{ role: "user" as const, content: "Hi" }] };

/** The next turn, with the message exactly as the client put it together. */
async function goOn(openai: OpenAI, message: OpenAI.ChatCompletionMessage): Promise<Turn & { readonly text: string }> {
  const results = (message.tool_calls ?? []).map(({ id }) => ({
    role: "tool" as const,
    tool_call_id: id,
    content: "1",
  }));
  await openai.chat.completions.create({ model: "m", messages: [...ask.messages, message, ...results] });
  return {
    text: history.map(({ kind }) => (kind?.$case === "text" ? kind.value : "")).join(""),
    blocks: history.flatMap(({ kind }) => (kind?.$case === "reasoning" ? [kind.value] : [])),
    calls: history.flatMap(({ kind }) => (kind?.$case === "toolCall" ? [kind.value] : [])),
  };
}

test("thinking and signatures come back byte for byte, plain and from the SDK's own accumulation", async () => {
  const openai = await client();
  await fc.assert(
    fc.asyncProperty(turn, async (made) => {
      const wanted = { ...made, text: "So:" };
      answer = chunksOf(made);
      const plain = await openai.chat.completions.create(ask);
      const streamed = await openai.chat.completions.stream(ask).finalMessage();
      for (const message of [plain.choices[0]?.message, streamed]) {
        assert.ok(message);
        assert.deepEqual(await goOn(openai, message), wanted);
      }
    }),
    { numRuns: 40 },
  );
});

test("thinking without a signature comes back whole while a tool loop is open, also from a client that overwrites", async () => {
  const openai = await client();
  const value = { text: "first second", signature: "", redacted: false, id: "", provider: PROVIDER };
  const called = { id: "call_0", name: "find", argumentsJson: "{}", signature: "", type: "function", provider: "" };
  answer = chunksOf({ blocks: [value], calls: [called] });
  const streamed = await openai.chat.completions.stream(ask).finalMessage();
  assert.deepEqual((await goOn(openai, streamed)).blocks, [value]);
  const plain = await openai.chat.completions.create(ask);
  const { blocks } = await goOn(openai, plain.choices[0]?.message as OpenAI.ChatCompletionMessage);
  assert.deepEqual(blocks, [{ ...value, provider: "" }]);
});

test("a client that appends holds the details once, before the finish", async () => {
  const openai = await client();
  const value = { text: "abc", signature: "s", redacted: false, id: "", provider: PROVIDER };
  answer = chunksOf({ blocks: [value], calls: [] });
  const seen: unknown[] = [];
  let thought = "";
  for await (const { choices } of await openai.chat.completions.create({ ...ask, stream: true })) {
    const delta = (choices[0]?.delta ?? {}) as { reasoning_details?: unknown[]; reasoning_content?: string };
    if (delta.reasoning_details !== undefined) assert.equal(choices[0]?.finish_reason, null);
    seen.push(...(delta.reasoning_details ?? []));
    thought += delta.reasoning_content ?? "";
  }
  assert.equal(thought, "abc");
  assert.deepEqual(seen, [{ type: "reasoning.text", text: "abc", signature: "s", provider: PROVIDER, index: 0 }]);
});

test("thinking in forms nobody knows is refused by name, what lies beside a known form is kept", async () => {
  await client();
  const send = async (message: object) => {
    const response = await door?.chat({ ...ask, messages: [{ role: "assistant", content: "x", ...message }] });
    return { status: response?.status, text: (await response?.text()) ?? "" };
  };
  const unknown = await send({ reasoning_details: [{ type: "reasoning.dream" }] });
  assert.equal(unknown.status, 400);
  assert.match(unknown.text, /messages\[0\]\.reasoning_details\[0\]\.type must be one of .*reasoning\.text/);
  assert.match((await send({ reasoning_details: "x" })).text, /reasoning_details must be a list/);
  assert.match((await send({ reasoning_details: [{ type: "reasoning.encrypted" }] })).text, /\.data is required/);
  const signed = (extra_content: unknown) =>
    send({ tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" }, extra_content }] });
  assert.match(
    (await signed({ p: { thought_signature: 1 } })).text,
    /extra_content\.p\.thought_signature must be a string/,
  );
  const two = { p: { thought_signature: "1" }, q: { thought_signature: "2" } };
  assert.match((await signed(two)).text, /extra_content may hold the thought_signature of one provider only/);

  answer = chunksOf({ blocks: [], calls: [] });
  const beside = { p: { thought_signature: "1", more: true }, q: 5 };
  assert.equal((await signed(beside)).status, 200);
  assert.equal(history.at(-1)?.extraJson, '{"extra_content":{"p":{"more":true},"q":5}}');
  await send({ reasoning_details: [{ type: "reasoning.summary", summary: "short", format: "f" }] });
  assert.equal(history[0]?.extraJson, '{"format":"f"}');
  assert.deepEqual(history[0]?.kind, {
    $case: "reasoning",
    value: { text: "short", signature: "", redacted: false, id: "", provider: "" },
  });
});
