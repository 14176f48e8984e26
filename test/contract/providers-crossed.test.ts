import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { chatParser } from "../../services/ingress/src/endpoints/chat-completions/request.ts";
import { translateLine } from "../../services/launcher/src/commands/translate/translate-line.ts";
import { modelOf } from "../../services/provider-adapter/src/providers/models.ts";
import { PROVIDERS } from "../../services/provider-adapter/src/providers/registry.ts";
import type { Json } from "./any-chat.ts";
import { anthropicRules, geminiRules, mistralRules, openaiRules } from "./wire-rules.ts";
import { rulesByPath } from "./wire-rules-clouds.ts";

/** A conversation that one provider began goes on at another, as after a failover: what the first said has to fit the second's wire. */

const FOLDER = join(import.meta.dirname, "../../services/provider-adapter/src/providers");
const APIS: Readonly<Record<string, string>> = {
  anthropic: "messages",
  bedrock: "converse",
  cohere: "chat_v2",
  gemini: "generate_content",
  vertex: "generate_content",
};
const RULES: Readonly<Record<string, (body: Json) => void>> = {
  anthropic: anthropicRules,
  gemini: geminiRules,
  mistral: mistralRules,
};
const parse = chatParser({ choicesMax: 16, messagesMax: 100, toolsMax: 16, partsMax: 100 });
/** Those that chat: others have no such answers. */
const NAMES = Object.keys(PROVIDERS)
  .filter((name) => !name.startsWith("sim"))
  .filter((name) => existsSync(join(FOLDER, name, "fixtures", "text.json")));
const SIGNATURE: Readonly<Record<string, string>> = {
  anthropic: "EqQBCg+/anthropic==",
  gemini: "CqQB+/gemini==",
  openrouter: "sha+/openrouter==",
};

/** Answers that think, sign and call twice, in the wires that sign. */
const SIGNED: Readonly<Record<string, unknown>> = {
  anthropic: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude",
    content: [
      { type: "thinking", thinking: "Hm.", signature: SIGNATURE["anthropic"] },
      { type: "tool_use", id: "toolu_01", name: "find", input: { q: "a" } },
      { type: "tool_use", id: "toolu_02", name: "find", input: {} },
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 1, output_tokens: 1 },
  },
  gemini: {
    candidates: [
      {
        content: {
          role: "model",
          parts: [
            { text: "Hm.", thought: true },
            { functionCall: { name: "find", args: { q: "a" } }, thoughtSignature: SIGNATURE["gemini"] },
            { functionCall: { name: "find", args: {} } },
          ],
        },
        finishReason: "STOP",
      },
    ],
    responseId: "r.1/x",
  },
  openrouter: {
    id: "gen-1",
    model: "m",
    choices: [
      {
        index: 0,
        finish_reason: "tool_calls",
        message: {
          role: "assistant",
          content: null,
          reasoning: "Hm.",
          reasoning_details: [
            { type: "reasoning.text", text: "Hm.", signature: SIGNATURE["openrouter"], format: "x-v1", index: 0 },
          ],
          tool_calls: [
            { id: "functions.find:0", type: "function", function: { name: "find", arguments: '{"q":"a"}' } },
            { id: "functions.find:1", type: "function", function: { name: "find", arguments: "" } },
          ],
        },
      },
    ],
  },
};

/** What a caller keeps of an answer, printed as callers get it. */
function kept(provider: string, body: unknown): Json {
  const exchange = { provider, api: APIS[provider] ?? "chat", response: { status: 200, headers: {}, body } };
  const { text } = translateLine({ text: JSON.stringify(exchange) });
  const { openai } = JSON.parse(text) as { openai: { choices: { message: Json }[] } | null };
  const message = openai?.choices[0]?.message;
  assert.ok(message, `${provider}: ${text.slice(0, 300)}`);
  return message;
}

function answersOf(name: string): unknown[] {
  const files = name === "perplexity" ? ["text.json"] : ["text.json", "tool-call.json"];
  const written = files.map(
    (file) => JSON.parse(readFileSync(join(FOLDER, name, "fixtures", file), "utf8")) as unknown,
  );
  return SIGNED[name] === undefined ? written : [...written, SIGNED[name]];
}

function conversation(message: Json): Json[] {
  const calls = (message["tool_calls"] ?? []) as { id: string }[];
  const results = calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "done" }));
  const turn = [{ role: "user", content: "Go." }, message, ...results];
  // Twice: ids a provider counts anew come again.
  return [...turn, ...turn, { role: "user", content: "And?" }];
}

const tools = ["find", "get_weather"].map((name) => ({ type: "function", function: { name } }));

for (const from of NAMES) {
  test(`what ${from} said is accepted by every other provider, and its signatures go back to it alone`, () => {
    for (const answer of answersOf(from)) {
      const message = kept(from, answer);
      const request = parse({ model: "m", messages: conversation(message), tools, reasoning_effort: "low" });
      for (const to of NAMES) {
        const provider = (PROVIDERS[to] as NonNullable<(typeof PROVIDERS)[string]>)({
          baseUrl: undefined,
          abandon: undefined,
        });
        const entry = provider.models[0] ?? modelOf(to, { id: "own-model" });
        const { path, body, warnings } = provider.mapChat(request, entry.id, entry);
        (rulesByPath(path) ?? RULES[to] ?? openaiRules)(JSON.parse(body) as Json);
        const signature = answer === SIGNED[from] ? SIGNATURE[from] : undefined;
        if (signature === undefined) continue;
        assert.equal(body.includes(JSON.stringify(signature)), from === to, `${from} to ${to}`);
        const calls = JSON.stringify(message["tool_calls"] ?? []).includes(signature);
        const text = /"reasoning(?:_content)?":"Hm|"thinking":\[/.test(body);
        if (from !== to && !calls && !text) assert.match(warnings.join(), /[Rr]easoning/, `${from} to ${to}`);
      }
    }
  });
}
