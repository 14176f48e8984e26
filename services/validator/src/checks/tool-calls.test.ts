import assert from "node:assert/strict";
import { test } from "node:test";
import { ToolChoiceMode } from "@sluice/proto/chat/v1/chat";
import { start, testSchemas, whole } from "../testing/inputs.ts";
import { toolCalls } from "./tool-calls.ts";

const check = toolCalls(testSchemas());
const parametersJson = JSON.stringify({ type: "object", properties: { city: { type: "string" } }, required: ["city"] });
const tools = [
  { name: "weather", type: "function", parametersJson },
  { name: "now", type: "function" },
];
const call = (name: string, argumentsJson: string, id = name) => ({ id, name, argumentsJson, type: "function" });
const rome = call("weather", '{"city": "Rome"}');
const decide = (calls: readonly ReturnType<typeof call>[], chat: object = {}, text = "") =>
  check.judge(whole({ toolCalls: [...calls], text }, { tools, ...chat })).decision;
const choice = (mode: ToolChoiceMode, ...names: string[]) => ({ toolChoice: { mode, names } });

test("calls of known tools with fitting arguments pass, several at once too", () => {
  assert.equal(decide([rome]), "pass");
  assert.equal(decide([rome, call("now", "{}"), { ...rome, id: "second" }]), "pass");
  assert.equal(decide([]), "pass");
});

test("empty arguments mean an empty object", () => {
  assert.equal(decide([call("now", "")]), "pass");
  assert.equal(decide([call("weather", "")]), "fail");
});

for (const [name, calls] of [
  ["is of a tool that the request does not have", [call("wether", '{"city": "Rome"}')]],
  ["has arguments that are cut off", [call("weather", '{"city": "Ro')]],
  ["has arguments that are no object", [call("now", "[]")]],
  ["has arguments that do not fit", [call("weather", '{"town": "Rome"}')]],
  ["has the id of another one", [rome, call("now", "{}", "weather")]],
] as const) {
  test(`a call fails that ${name}`, () => assert.equal(decide(calls), "fail"));
}

test("the caller's choice is held", () => {
  assert.equal(decide([], choice(ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED), "Hello."), "fail");
  assert.equal(decide([rome], choice(ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED)), "pass");
  assert.equal(decide([rome], choice(ToolChoiceMode.TOOL_CHOICE_MODE_NONE)), "fail");
  assert.equal(decide([rome], choice(ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, "now")), "fail");
  assert.equal(decide([rome], choice(ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, "weather")), "pass");
  assert.equal(decide([rome], choice(ToolChoiceMode.TOOL_CHOICE_MODE_AUTO, "now")), "fail");
  assert.equal(decide([rome, call("now", "")], { parallelToolCalls: false }), "fail");
});

test("text is decided at once unless a call is demanded; a call waits for its end, but not for a wrong name", () => {
  const begin = (answer: object, chat: object = {}) => check.judge(start(answer, { tools, ...chat })).decision;
  assert.equal(begin({ text: "Let me see" }), "pass");
  assert.equal(begin({ text: "Let me see" }, choice(ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED)), "undecided");
  assert.equal(begin({ toolCalls: [call("weather", '{"ci')] }), "undecided");
  assert.equal(begin({ toolCalls: [call("wether", "")] }), "fail");
});

test("calls of other kinds are not held against schemas", () => {
  const custom = { id: "a", name: "sql", argumentsJson: "select 1", type: "custom" };
  assert.equal(
    check.judge(whole({ toolCalls: [custom] }, { tools: [{ name: "sql", type: "custom" }] })).decision,
    "pass",
  );
});

test("nothing is said where the request is not known or has no tools", () => {
  assert.equal(check.judge(whole({ toolCalls: [rome] })).decision, "pass");
  assert.equal(check.judge(whole({ text: "Hello." }, {})).decision, "pass");
  assert.equal(check.judge(whole({ toolCalls: [rome] }, {})).decision, "fail");
});
