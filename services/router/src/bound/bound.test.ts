import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatRequest, Role } from "@sluice/proto/chat/v1/chat";
import { boundInput } from "./input-bound.ts";
import { boundOutput } from "./output-bound.ts";

const rule = {
  baseTokens: 10,
  perMessageTokens: 4,
  perImageTokens: 85,
  toolsTokens: 50,
  schemaTokens: 20,
  perCallTokens: 7,
  tokenizer: undefined,
};
const ask = (parts: Parameters<typeof ChatRequest.fromPartial>[0]["messages"], more = {}) =>
  ChatRequest.fromPartial({ messages: parts ?? [], ...more });

test("text is bounded by its UTF-8 bytes plus what the template adds", () => {
  const chat = ask([{ role: Role.ROLE_USER, parts: [{ kind: { $case: "text", value: "Grüße" } }] }]);
  assert.deepEqual(boundInput(chat, rule), { tokens: 10 + 4 + 7, unbounded: [] });
});

test("tools, schemas and tool results count by their texts", () => {
  const chat = ask(
    [
      {
        parts: [
          {
            kind: {
              $case: "toolResult",
              value: { toolCallId: "c1", parts: [{ kind: { $case: "text", value: "12" } }] },
            },
          },
        ],
      },
    ],
    {
      tools: [{ name: "now", description: "Time", parametersJson: "{}" }],
      responseFormat: { name: "a", schemaJson: "{}" },
    },
  );
  assert.equal(boundInput(chat, rule).tokens, 10 + 50 + 20 + 7 + (4 + 2 + 2) + (4 + 3 + 4 + 2) + 3);
});

test("images count as the rule says; what no rule bounds is named", () => {
  const image = {
    kind: { $case: "image" as const, value: { media: { source: { $case: "url" as const, value: "https://x" } } } },
  };
  const file = {
    kind: { $case: "file" as const, value: { media: { source: { $case: "fileId" as const, value: "f" } } } },
  };
  assert.deepEqual(boundInput(ask([{ parts: [image] }]), rule), { tokens: 10 + 4 + 85, unbounded: [] });
  assert.deepEqual(boundInput(ask([{ parts: [image, file] }]), { ...rule, perImageTokens: 0 }).unbounded, [
    "image",
    "file",
  ]);
});

test("the answer is bounded by the smallest of model, caller and default", () => {
  const base = { modelLimit: 1000, reasoning: false, defaultTokens: 400, defaultTokensReasoning: 800 };
  const chat = (maxOutputTokens?: bigint) => ChatRequest.fromPartial({ maxOutputTokens });
  assert.deepEqual(boundOutput({ ...base, chat: chat() }), { tokens: 400, asked: false, by: "default" });
  assert.deepEqual(boundOutput({ ...base, chat: chat(), reasoning: true }), {
    tokens: 800,
    asked: false,
    by: "default",
  });
  assert.deepEqual(boundOutput({ ...base, chat: chat(50n) }), { tokens: 50, asked: true, by: "asked" });
  assert.deepEqual(boundOutput({ ...base, chat: chat(5000n) }), { tokens: 1000, asked: false, by: "model" });
  assert.deepEqual(boundOutput({ ...base, chat: chat(5000n), modelLimit: 0 }), {
    tokens: 5000,
    asked: true,
    by: "asked",
  });
});
