import assert from "node:assert/strict";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import fc from "fast-check";
import { ChunkPrinter } from "./chunk-printer.ts";

const head = RouteHead.fromPartial({ provider: "sim", model: "sim/small", attempts: 1 });
const summary = RouteSummary.fromPartial({ verdict: "pass", costNanousd: 5n });

interface Printed {
  readonly choices: readonly {
    readonly index: number;
    readonly delta: Record<string, unknown>;
    readonly logprobs: unknown;
    readonly finish_reason: string | null;
  }[];
  readonly usage?: unknown;
  readonly x_sluice?: unknown;
}

const events = (text: string): Printed[] =>
  text
    .split("\n\n")
    .filter((event) => event !== "" && event !== "data: [DONE]")
    .map((event) => JSON.parse(event.slice("data: ".length)) as Printed);

function print(batches: readonly Parameters<typeof ChatChunk.fromPartial>[0][][], includeUsage = false): Printed[] {
  const printer = new ChunkPrinter({ requestId: "req_1", receivedAtS: 1, head, includeUsage });
  let text = "";
  for (const batch of batches) text += printer.print(batch.map((chunk) => ChatChunk.fromPartial(chunk)));
  return events(text + printer.finish(summary));
}

/** Cuts a text at random places; surrogate pairs stay whole, as providers send them. */
const pieces = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.array(fc.nat(), { maxLength: 6 })).map(([whole, cuts]) => {
    const characters = [...whole];
    const at = [...new Set(cuts.map((cut) => cut % (characters.length + 1)))].sort((a, b) => a - b);
    return [0, ...at].map((from, index) => characters.slice(from, at[index]).join(""));
  });

test("text and tool calls survive printing and parsing over any split", () => {
  const anyText = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(pieces(anyText), fc.array(pieces(anyText), { maxLength: 3 }), fc.nat(5), (text, calls, size) => {
      const chunks: Parameters<typeof ChatChunk.fromPartial>[0][] = text.map((value) => ({
        event: { $case: "text", value },
      }));
      for (const [call, parts] of calls.entries()) {
        for (const [position, argumentsJson] of parts.entries()) {
          const first = position === 0 ? { id: `c${call}`, name: 'f"', type: "function" } : {};
          chunks.push({ event: { $case: "toolCall", value: { call, argumentsJson, ...first } } });
        }
      }
      chunks.push({ event: { $case: "finish", value: { reason: 1, rawReason: "stop" } } });
      const batches = chunks.map((_, i) => i).filter((i) => i % (size + 1) === 0);
      const printed = print(batches.map((from) => chunks.slice(from, from + size + 1)));

      const whole = accumulate();
      for (const chunk of chunks) whole.push(ChatChunk.fromPartial(chunk));
      const [expected] = whole.answers();
      assert.equal(printed.map(({ choices }) => choices[0]?.delta["content"] ?? "").join(""), expected?.text);
      const made = new Map<number, { id: string; text: string }>();
      for (const { choices } of printed) {
        for (const call of (choices[0]?.delta["tool_calls"] ?? []) as {
          index: number;
          id?: string;
          function: { arguments: string };
        }[]) {
          const before = made.get(call.index) ?? { id: call.id ?? "", text: "" };
          made.set(call.index, { id: before.id, text: before.text + call.function.arguments });
        }
      }
      assert.deepEqual(
        [...made.values()],
        expected?.toolCalls.map((call) => ({ id: call.id, text: call.argumentsJson })),
      );
      assert.equal(printed.filter(({ choices }) => choices[0]?.delta["role"] === "assistant").length, 1);
      assert.equal(printed.at(-1)?.choices[0]?.finish_reason, "stop");
    }),
    { numRuns: 300 },
  );
});

test("log probabilities stay with their text, before or after it", () => {
  const logprobsJson = '{"content":[{"token":"a"}]}';
  for (const order of [
    ["text", "logprobsJson"],
    ["logprobsJson", "text"],
  ] as const) {
    const chunks = order.map((kind) =>
      kind === "text"
        ? { event: { $case: "text" as const, value: "a" } }
        : { event: { $case: "logprobsJson" as const, value: logprobsJson } },
    );
    const printed = print([chunks]);
    assert.deepEqual(printed[0]?.choices[0]?.logprobs, { content: [{ token: "a" }], refusal: null });
    assert.equal(printed[0]?.choices[0]?.delta["content"], "a");
  }
});

test("several choices keep their numbers, and each finish carries the facts", () => {
  const printed = print([
    [
      { choice: 1, event: { $case: "text", value: "b" } },
      { choice: 0, event: { $case: "text", value: "a" } },
      { choice: 0, event: { $case: "finish", value: { reason: 1 } } },
      { choice: 1, event: { $case: "finish", value: { reason: 2 } } },
    ],
  ]);
  const finished = printed.filter(({ choices }) => choices[0]?.finish_reason !== null);
  assert.deepEqual(
    finished.map(({ choices }) => [choices[0]?.index, choices[0]?.finish_reason]),
    [
      [0, "stop"],
      [1, "length"],
    ],
  );
  assert.ok(finished.every(({ x_sluice }) => x_sluice !== undefined));
});

test("extra fields pass, but never over our own, and broken ones cost nothing", () => {
  const printed = print([
    [
      { event: { $case: "text", value: "a" }, extraJson: '{"content":"evil","future":1}' },
      { event: { $case: "annotationsJson", value: "[1" } },
      { event: { $case: "text", value: "b" }, extraJson: "{broken" },
    ],
  ]);
  assert.deepEqual(printed[0]?.choices[0]?.delta, { role: "assistant", content: "a", future: 1 });
  assert.deepEqual(printed[1]?.choices[0]?.delta, { annotations: [] });
  assert.deepEqual(printed[2]?.choices[0]?.delta, { content: "b" });
});

test("usage comes last, and only if asked for", () => {
  const usage = { event: { $case: "usage" as const, value: { usage: { inputTokens: 1n, outputTokens: 0n } } } };
  assert.equal(print([[usage]]).length, 0);
  const printed = print([[{ event: { $case: "text", value: "a" } }, usage]], true);
  assert.equal(printed[0]?.usage, null);
  assert.deepEqual(printed.at(-1)?.usage, {
    prompt_tokens: 1,
    completion_tokens: 0,
    total_tokens: 1,
    prompt_tokens_details: {},
    completion_tokens_details: {},
  });
});

test("the same events come out however deltas were cut into batches", () => {
  const delta = fc.record({ choice: fc.nat(1), value: fc.string({ unit: "binary", maxLength: 3 }), extra: fc.nat(6) });
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 12 }), (deltas) => {
      const chunks = deltas.map(({ choice, value, extra }) => ({
        choice,
        event: { $case: "text", value } as const,
        extraJson: extra === 0 ? '{"more":1}' : "",
      }));
      assert.deepEqual(print([chunks]), print(chunks.map((chunk) => [chunk])));
    }),
  );
});

test("log probabilities stand in the event of the words before them, also among plain deltas", () => {
  const text = (value: string) => ({ event: { $case: "text", value } }) as const;
  const logprobs = { event: { $case: "logprobsJson", value: '{"content":[],"refusal":null}' } } as const;
  const printed = print([[text("a"), text("b"), text("c"), logprobs, text("d"), text("e")]]);
  const deltas = printed.flatMap(({ choices }) => choices).filter(({ delta }) => "content" in delta);
  assert.deepEqual(
    deltas.map(({ delta, logprobs: found }) => [delta["content"], found]),
    [
      ["a", null],
      ["b", null],
      ["c", { content: [], refusal: null }],
      ["d", null],
      ["e", null],
    ],
  );
});
