import assert from "node:assert/strict";
import { test } from "node:test";
import { parseModelName } from "../models/model-name.ts";
import { planAnswer } from "./plan-answer.ts";
import type { Answer, Ask } from "./types.ts";

function ask(model: string, more: Partial<Ask> = {}): Ask {
  const parsed = parseModelName(model);
  assert.ok(typeof parsed !== "string", String(parsed));
  return {
    model: parsed,
    seed: 7,
    promptTokens: 10,
    prompt: "Tell me about gardening",
    images: 0,
    toolResult: undefined,
    tools: [],
    toolChoice: "auto",
    silentRefusal: false,
    parallelTools: true,
    format: { kind: "text" },
    choices: 1,
    maxTokens: undefined,
    stop: [],
    reasoningEffort: "medium",
    ...more,
  };
}

const textOf = (answer: Answer, choice = 0): string =>
  (answer.choices[choice]?.pieces ?? []).map((piece) => (piece.kind === "content" ? piece.text : "")).join("");

const WEATHER = {
  name: "get_weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

function callsOf(answer: Answer): { name: string; text: string }[] {
  const calls: { name: string; text: string }[] = [];
  for (const piece of answer.choices[0]?.pieces ?? []) {
    if (piece.kind === "tool-start") calls.push({ name: piece.name, text: "" });
    const call = piece.kind === "tool-arguments" ? calls[piece.call] : undefined;
    if (call !== undefined && piece.kind === "tool-arguments") call.text += piece.text;
  }
  return calls;
}

test("the same seed gives the same answer, another seed another", () => {
  assert.deepEqual(planAnswer(ask("large")), planAnswer(ask("large")));
  assert.notEqual(textOf(planAnswer(ask("large"))), textOf(planAnswer(ask("large", { seed: 8 }))));
  assert.match(textOf(planAnswer(ask("small"))), /gardening/);
});

test("the output limit holds for each choice, and exact uses all of it", () => {
  for (const maxTokens of [1, 2, 17, 1_000]) {
    const exact = planAnswer(ask("exact", { maxTokens, choices: 3, stop: ["a"] }));
    assert.equal(exact.completionTokens, 3 * maxTokens);
    assert.deepEqual(
      exact.choices.map((choice) => choice.finish),
      ["length", "length", "length"],
    );
  }
  assert.equal(planAnswer(ask("exact+stop", { maxTokens: 5 })).choices[0]?.finish, "stop");
  const short = planAnswer(ask("large", { maxTokens: 4 }));
  assert.equal(short.completionTokens, 4);
  assert.equal(short.choices[0]?.finish, "length");
});

test("a reasoner thinks within its limit, and not at all without effort", () => {
  const thinking = planAnswer(ask("reasoner"));
  assert.equal(thinking.reasoningTokens, 40);
  assert.ok(thinking.completionTokens > 40);
  const cut = planAnswer(ask("reasoner", { maxTokens: 10 }));
  assert.deepEqual([cut.completionTokens, cut.reasoningTokens, textOf(cut)], [10, 10, ""]);
  assert.equal(planAnswer(ask("reasoner", { reasoningEffort: "none" })).reasoningTokens, 0);
});

test("text ends before the first stop sequence, even inside a piece", () => {
  const whole = textOf(planAnswer(ask("large")));
  const stop = whole.slice(20, 25);
  const cut = planAnswer(ask("large", { stop: ["@@", stop] }));
  assert.equal(textOf(cut), whole.slice(0, whole.indexOf(stop)));
  assert.equal(cut.choices[0]?.finish, "stop");
});

test("a tool is called when the prompt means it, once per name in the prompt", () => {
  const tools = [WEATHER];
  const both = callsOf(planAnswer(ask("small", { tools, prompt: "What is the weather in Paris and New York?" })));
  assert.deepEqual(
    both.map((call) => JSON.parse(call.text)),
    [{ city: "Paris" }, { city: "New York" }],
  );
  const prompt = "Weather in Paris and Oslo?";
  assert.equal(callsOf(planAnswer(ask("small", { tools, prompt, parallelTools: false }))).length, 1);
  assert.equal(callsOf(planAnswer(ask("small", { tools, prompt, toolChoice: "none" }))).length, 0);
  assert.equal(callsOf(planAnswer(ask("small", { tools }))).length, 0);
  assert.equal(callsOf(planAnswer(ask("small", { tools, toolChoice: "required" }))).length, 1);
});

test("after a tool's result the answer is text that repeats it", () => {
  const answer = planAnswer(ask("small", { tools: [WEATHER], prompt: "weather?", toolResult: "21 degrees" }));
  assert.match(textOf(answer), /The tool reported: 21 degrees\./);
});

test("several tools the prompt means are called together", () => {
  const tools = [WEATHER, { name: "searchHotels", parameters: undefined }];
  const calls = callsOf(planAnswer(ask("small", { tools, prompt: "Check weather and hotels in Rome" })));
  assert.deepEqual(
    calls.map((call) => call.name),
    ["get_weather", "searchHotels"],
  );
});

test("JSON formats give JSON, and bad-json gives none", () => {
  const schema = { type: "object", properties: { age: { type: "integer" } }, required: ["age"] };
  const made = JSON.parse(textOf(planAnswer(ask("small", { format: { kind: "schema", schema } }))));
  assert.ok(Number.isInteger(made.age));
  JSON.parse(textOf(planAnswer(ask("small", { format: { kind: "json" } }))));
  for (const format of [{ kind: "json" }, { kind: "text" }, { kind: "schema", schema }] as const) {
    assert.throws(() => JSON.parse(textOf(planAnswer(ask("small+bad-json", { format })))));
  }
  const call = callsOf(planAnswer(ask("small+bad-json", { tools: [WEATHER], toolChoice: "required" })))[0];
  assert.throws(() => JSON.parse(call?.text ?? ""));
});

test("content faults: empty, white space, refusal, length, loop", () => {
  assert.equal(planAnswer(ask("small+empty")).completionTokens, 0);
  assert.equal(textOf(planAnswer(ask("small+whitespace"))).trim(), "");
  assert.ok(planAnswer(ask("small+refusal")).choices[0]?.pieces.every((piece) => piece.kind === "refusal"));
  assert.equal(planAnswer(ask("small+length=33")).completionTokens, 33);
  assert.equal(planAnswer(ask("small+length=0")).completionTokens, 0);
  assert.match(textOf(planAnswer(ask("small+loop"))), /(The answer about gardening is the answer\. ){5}/);
});

test("images are counted", () => {
  assert.match(textOf(planAnswer(ask("small", { images: 2 }))), /I looked at 2 images\./);
});
