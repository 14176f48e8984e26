import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatRequest, Dialect, ResponseFormatKind, Role } from "@sluice/proto/chat/v1/chat";
import { gemini } from "./index.ts";

const provider = gemini({ baseUrl: undefined, abandon: undefined });

function mapped(model: string, fields: Parameters<typeof ChatRequest.fromPartial>[0]) {
  const entry = provider.models.find(({ id }) => id === model);
  assert.ok(entry, model);
  const hi = { role: Role.ROLE_USER, parts: [{ kind: { $case: "text" as const, value: "Hi" } }] };
  const request = ChatRequest.fromPartial({ messages: [hi], dialect: Dialect.DIALECT_GEMINI, ...fields });
  const { body, warnings } = provider.mapChat(request, model, entry);
  return { body: JSON.parse(body) as Record<string, unknown>, warnings };
}

test("schemas and the wish for thinking go as they were written", () => {
  const parameters = { type: "OBJECT", properties: { a: { type: "STRING", nullable: true } }, propertyOrdering: ["a"] };
  const thinkingConfig = { thinkingBudget: 512, includeThoughts: false };
  const { body, warnings } = mapped("gemini-2.5-flash", {
    tools: [{ name: "f", parametersJson: "{}", exactJson: JSON.stringify({ parameters }) }],
    reasoning: { maxTokens: 512n, include: false, exactJson: JSON.stringify({ thinkingConfig }) },
    n: 1,
    modalities: ["text"],
  });
  assert.deepEqual(warnings, []);
  assert.deepEqual(body["tools"], [{ functionDeclarations: [{ name: "f", parameters }] }]);
  assert.deepEqual(body["generationConfig"], { candidateCount: 1, responseModalities: ["TEXT"], thinkingConfig });
  const format = { responseMimeType: "application/json", responseSchema: parameters };
  const kind = ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA;
  const asked = mapped("gemini-2.5-flash", {
    responseFormat: { kind, schemaJson: "{}", exactJson: JSON.stringify(format) },
  });
  assert.deepEqual(asked.body["generationConfig"], format);
});

test("a level is not sent to a model that thinks by tokens", () => {
  const exactJson = '{"thinkingConfig":{"thinkingLevel":"LOW"}}';
  const { body } = mapped("gemini-2.5-flash", { reasoning: { effort: "low", exactJson } });
  assert.deepEqual(body["generationConfig"], { thinkingConfig: { thinkingBudget: 1_024, includeThoughts: true } });
});

test("the model's parts keep their order and their signatures; somebody else's stay away", () => {
  const reasoning = (value: object) => ({ kind: { $case: "reasoning" as const, value } });
  const { body, warnings } = mapped("gemini-2.5-flash", {
    messages: [
      { role: Role.ROLE_USER, parts: [{ kind: { $case: "text", value: "Hi" } }] },
      {
        role: Role.ROLE_ASSISTANT,
        parts: [
          { kind: { $case: "text", value: "a" }, extraJson: '{"thoughtSignature":"s1"}' },
          reasoning({ text: "hm", signature: "s2" }),
          reasoning({ text: "no", signature: "x", provider: "elsewhere" }),
          { kind: { $case: "toolCall", value: { name: "f", argumentsJson: "{}", signature: "s3" } } },
          { kind: { $case: "unknownJson", value: '{"executableCode":{"code":"1"}}' } },
        ],
      },
    ],
  });
  assert.match(warnings.join(), /Reasoning of another provider/);
  assert.deepEqual((body["contents"] as unknown[])[1], {
    role: "model",
    parts: [
      { text: "a", thoughtSignature: "s1" },
      { text: "hm", thought: true, thoughtSignature: "s2" },
      { functionCall: { name: "f", args: {} }, thoughtSignature: "s3" },
      { executableCode: { code: "1" } },
    ],
  });
});
