import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { openai } from "./index.ts";

const provider = openai({ baseUrl: undefined, abandon: undefined });

function read(events: readonly (object | string)[], name = "") {
  const reader = provider.openStream();
  const chunks: ChatChunk[] = [];
  for (const event of events) reader.step(name, typeof event === "string" ? event : JSON.stringify(event), chunks);
  reader.end(chunks);
  return {
    reader,
    events: chunks.slice(1).map(({ choice, event, extraJson }) => [choice, event?.$case ?? extraJson, event?.value]),
  };
}

const delta = (fields: object, index = 0, finish: string | null = null) => ({
  id: "c",
  choices: [{ index, delta: fields, finish_reason: finish }],
});
const call = (fields: object) => delta({ tool_calls: [fields] });

test("reasoning, refusals, annotations, log probabilities and unknown fields have their chunks", () => {
  const { events } = read([
    { id: "c", model: "m", created: 5, service_tier: "flex", odd: 1, choices: [] },
    delta({ role: "assistant", content: null, reasoning_content: "hm" }),
    delta({ reasoning: "so" }),
    delta({ refusal: "no" }),
    delta({ annotations: [{ a: 1 }], function_call: { name: "f" } }),
    { choices: [{ index: 0, delta: { content: "x" }, logprobs: { content: [] } }] },
  ]);
  const thought = (text: string) => ({ text, signature: "", redacted: false, id: "", block: 0 });
  assert.deepEqual(events, [
    [0, "reasoning", thought("hm")],
    [0, "reasoning", thought("so")],
    [0, "refusal", "no"],
    [0, "annotationsJson", '[{"a":1}]'],
    [0, '{"function_call":{"name":"f"}}', undefined],
    [0, "text", "x"],
    [0, "logprobsJson", '{"content":[]}'],
  ]);
});

test("tool calls are numbered by index, or by id where a provider repeats or omits the index", () => {
  const numbersOf = (events: object[]) =>
    read(events).events.map(([, , value]) => {
      const {
        call: number,
        id,
        name,
        argumentsJson,
      } = value as { call: number; id: string; name: string; argumentsJson: string };
      return [number, id, name, argumentsJson];
    });
  const usual = [
    call({ index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } }),
    call({ index: 0, function: { arguments: "{}" } }),
    call({ index: 1, id: "b", type: "function", function: { name: "g", arguments: "[]" } }),
  ];
  assert.deepEqual(numbersOf(usual), [
    [0, "a", "f", ""],
    [0, "", "", "{}"],
    [1, "b", "g", "[]"],
  ]);
  const repeated = [
    call({ index: 0, id: "a", function: { name: "f", arguments: "1" } }),
    call({ index: 0, id: "b", function: { name: "g", arguments: { x: 1 } } }),
  ];
  assert.deepEqual(numbersOf(repeated), [
    [0, "a", "f", "1"],
    [1, "b", "g", '{"x":1}'],
  ]);
  const omitted = [
    call({ id: "a", function: { name: "f", arguments: "1" } }),
    call({ function: { arguments: "2" } }),
    call({ id: "b", custom: { name: "g", input: "3" } }),
  ];
  assert.deepEqual(numbersOf(omitted), [
    [0, "a", "f", "1"],
    [0, "", "", "2"],
    [1, "b", "g", "3"],
  ]);
});

test("an answer is finished only when every choice that began has its reason", () => {
  const both = [delta({ content: "a" }), delta({ content: "b" }, 1), delta({}, 0, "stop")];
  assert.equal(read(both).reader.finished, false);
  assert.equal(read([...both, delta({}, 1, "length")]).reader.finished, true);
  assert.equal(read(["[DONE]"]).reader.finished, false);
  assert.equal(read([delta({}, 0, "new_reason")]).events[0]?.[1], "finish");
});

test("the last usage counts, once, wherever it stands", () => {
  const usage = (completion: number) => ({ choices: [], usage: { prompt_tokens: 1, completion_tokens: completion } });
  const { reader, events } = read([
    delta({ content: "a" }),
    usage(1),
    usage(2),
    delta({}, 0, "stop"),
    "[DONE]",
    usage(9),
  ]);
  assert.equal(reader.usage?.outputTokens, 2n);
  assert.deepEqual(
    events.map(([, kind]) => kind),
    ["text", "finish", "usage"],
  );
});

test("an error event or an error inside an event ends the reading", () => {
  assert.equal(
    read([{ error: { message: "x", code: "insufficient_quota" } }]).reader.error?.code,
    "upstream_quota_exhausted",
  );
  assert.equal(read([{ message: "failed", code: 503 }], "error").reader.error?.code, "upstream_overloaded");
  assert.throws(() => read(["null"]), { code: "upstream_bad_response" });
  assert.throws(() => read(["{"]), { code: "upstream_bad_response" });
});
