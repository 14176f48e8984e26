import assert from "node:assert/strict";
import { test } from "node:test";
import { chatParser, geminiParser, messagesParser, responseParser } from "@sluice/ingress/dialects";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { everyProvider, type Provider } from "@sluice/provider-adapter/recordings";
import fc from "fast-check";
import { conversation, meaningOf, meaningOfChat, WRITERS } from "./conformance/conversations.ts";
import type { Body } from "./conformance/requests.ts";

const limits = { choicesMax: 8, messagesMax: 1_000, toolsMax: 100, partsMax: 1_000, itemsMax: 1_000 };
const MODEL = "some/model";
const RUNS = 60;

const readChat = chatParser(limits);
const readResponse = responseParser(limits);
const readMessages = messagesParser(limits);
const readGemini = geminiParser(limits);
const named = (body: Body): Body => ({ ...body, model: MODEL });

const READERS: Readonly<Record<keyof typeof WRITERS, (body: Body) => ChatRequest>> = {
  chat: (body) => readChat(named(body)),
  responses: (body) => readResponse.toChat(readResponse.read(named(body)), { earlier: [], referenced: new Map() }),
  messages: (body) => readMessages(named(body), undefined),
  gemini: (body) => readGemini(body, { model: MODEL, stream: false }),
};

/** Providers whose wire is a dialect of the door's own, so that what leaves can be read again. */
const WIRES: Readonly<Record<string, keyof typeof WRITERS>> = {
  openai: "chat",
  azure: "chat",
  groq: "chat",
  openrouter: "chat",
  together: "chat",
  xai: "chat",
  deepseek: "chat",
  mistral: "chat",
  anthropic: "messages",
  gemini: "gemini",
};

function wireOf(name: string): Provider {
  const found = everyProvider({ resource: "r" }).find((provider) => provider.name === name);
  assert.ok(found !== undefined, name);
  return found;
}

for (const dialect of ["chat", "responses", "messages", "gemini"] as const) {
  test(`a conversation of ${dialect} means the same on every wire`, () => {
    for (const [name, wire] of Object.entries(WIRES)) {
      const provider = wireOf(name);
      const model = provider.models.find(({ capabilities }) =>
        ["tools", "vision"].every((capability) => capabilities.includes(capability)),
      );
      const entry = model ?? provider.models.find(({ capabilities }) => capabilities.includes("tools"));
      assert.ok(entry !== undefined, name);
      fc.assert(
        fc.property(conversation, (talk) => {
          const chat = READERS[dialect](WRITERS[dialect](talk));
          assert.deepEqual(meaningOfChat(chat), meaningOf(talk), "as it was read");
          const { body } = provider.mapChat(chat, entry.id, entry);
          const back = READERS[wire](JSON.parse(body) as Body);
          assert.deepEqual(meaningOfChat(back), meaningOf(talk), `as it left for ${name}: ${body}`);
        }),
        { numRuns: RUNS },
      );
    }
  });
}
