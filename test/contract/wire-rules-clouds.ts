import assert from "node:assert/strict";
import { anthropicRules, geminiRules } from "./wire-rules.ts";

/** What the wires of clouds, and those that live beside a provider's usual one, demand of a request's form. */

type Json = Readonly<Record<string, unknown>>;

const objects = (value: unknown): readonly Json[] => {
  assert.ok(Array.isArray(value));
  return value as Json[];
};

const only = (wire: Json): readonly [string, Json] => {
  const [entry, ...more] = Object.entries(wire);
  assert.ok(entry !== undefined && more.length === 0, "a union has one member");
  return [entry[0], entry[1] as Json];
};

const TOOL_ID = /^[a-zA-Z0-9_.:-]{1,64}$/;
const TOOL_NAME = /^[a-zA-Z0-9_-]+$/;

function converseBlock(block: Json, open: Set<string>, calls: Set<string>): void {
  const [kind, body] = only(block);
  if (kind === "text") assert.ok(typeof block["text"] === "string" && block["text"].trim() !== "", "no blank text");
  else if (kind === "toolUse") {
    assert.match(String(body["toolUseId"]), TOOL_ID);
    assert.match(String(body["name"]), TOOL_NAME);
    assert.ok(!calls.has(String(body["toolUseId"])), "call ids are unique");
    calls.add(String(body["toolUseId"]));
  } else if (kind === "toolResult") {
    assert.ok(open.delete(String(body["toolUseId"])), "a result of a call right before it");
    assert.ok(objects(body["content"]).length > 0);
  } else if (kind === "document") assert.match(String(body["name"]), /^[A-Za-z0-9()[\] -]{1,200}$/);
  else assert.ok(["image", "cachePoint", "reasoningContent"].includes(kind), kind);
}

/** Bedrock's Converse: turns that alternate, blocks of one member, tools wherever a conversation tells of some. */
export function converseRules(body: Json): void {
  let open = new Set<string>();
  let told = false;
  for (const [index, { role, content }] of objects(body["messages"]).entries()) {
    assert.equal(role, index % 2 === 0 ? "user" : "assistant");
    const calls = new Set<string>();
    assert.ok(objects(content).length > 0, "no turn is empty");
    for (const block of objects(content)) converseBlock(block, open, calls);
    assert.equal(open.size, 0, "every call is answered in the next turn");
    open = calls;
    told ||= calls.size > 0;
  }
  assert.equal(open.size, 0);
  const { toolConfig } = body;
  if (told) assert.ok(toolConfig !== undefined, "tools must be there");
  if (toolConfig !== undefined) assert.ok(objects((toolConfig as Json)["tools"]).length > 0);
  for (const forbidden of ["model", "max_tokens", "stream"]) assert.equal(body[forbidden], undefined);
}

/** Cohere's second chat: contents that say something, results of calls that are there. */
export function cohereRules(body: Json): void {
  const calls = new Set<unknown>();
  for (const message of objects(body["messages"])) {
    const { role, content } = message;
    assert.ok(["system", "user", "assistant", "tool"].includes(String(role)));
    assert.notEqual(content, null);
    for (const { id } of objects(message["tool_calls"] ?? [])) calls.add(id);
    if (role === "tool") assert.ok(calls.has(message["tool_call_id"]));
  }
  if (body["tool_choice"] !== undefined) {
    assert.match(String(body["tool_choice"]), /^(?:REQUIRED|NONE)$/);
    assert.ok(objects(body["tools"]).length > 0);
  }
}

/** OpenAI's Responses: items of known types, every call with its output. */
export function responsesRules(body: Json): void {
  const calls = new Set<unknown>();
  for (const item of objects(body["input"])) {
    const { type } = item;
    if (type === "message") assert.ok(objects(item["content"]).length > 0);
    else if (type === "function_call") calls.add(item["call_id"]);
    else if (type === "function_call_output")
      assert.ok(calls.delete(item["call_id"]), "an output of a call that is there");
    else assert.equal(type, "reasoning");
  }
  assert.equal(calls.size, 0, "the last calls are answered");
  assert.equal(body["messages"], undefined);
  if (body["tools"] === undefined) assert.equal(body["tool_choice"], undefined);
}

/** Rules that follow from where a request goes; undefined where the provider's usual ones hold. */
export function rulesByPath(path: string): ((body: Json) => void) | undefined {
  if (/\/converse(?:-stream)?$/.test(path)) return converseRules;
  if (path === "/v2/chat") return cohereRules;
  if (/\/responses(?:\?|$)/.test(path)) return responsesRules;
  if (/:(?:rawPredict|streamRawPredict)$/.test(path)) return anthropicRules;
  return path.includes("/publishers/google/") ? geminiRules : undefined;
}
