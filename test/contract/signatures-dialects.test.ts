import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import type { ChatChunk, ChatRequest } from "@sluice/proto/chat/v1/chat";
import { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { AnswerPrinter } from "../../services/ingress/src/answer/printer.ts";
import { geminiParser } from "../../services/ingress/src/endpoints/gemini/request.ts";
import { geminiPrinter } from "../../services/ingress/src/endpoints/gemini/stream-printer.ts";
import { EventPrinter, errorEvent } from "../../services/ingress/src/endpoints/messages/event-printer.ts";
import { messagesParser } from "../../services/ingress/src/endpoints/messages/request.ts";
import { printMessage } from "../../services/ingress/src/endpoints/messages/response.ts";
import type { Provider } from "../../services/provider-adapter/src/provider.ts";
import { PROVIDERS } from "../../services/provider-adapter/src/providers/registry.ts";

/** Whatever a provider signed comes back to it byte for byte, whichever dialect the caller speaks: by recorded answers beside the checkout. */
const FOLDER = resolve(import.meta.dirname, "../../../shared/fixtures");
const skip = existsSync(FOLDER) ? false : `there are no recordings at ${FOLDER}`;

type Json = Record<string, unknown>;

const limits = { choicesMax: 16, messagesMax: 10_000, toolsMax: 512, partsMax: 10_000 };
const parseMessages = messagesParser(limits);
const parseGemini = geminiParser(limits);

/** How a client of each dialect sends an answer back with the next question. */
const DIALECTS: Readonly<
  Record<string, { readonly printer: AnswerPrinter; readonly back: (body: Json) => ChatRequest }>
> = {
  messages: {
    printer: { whole: printMessage, open: (opening) => new EventPrinter(opening), fail: errorEvent },
    back: ({ content }) => {
      const messages = [
        { role: "user", content: "Go on." },
        { role: "assistant", content },
        { role: "user", content: results(content as Json[]) },
      ];
      return parseMessages({ model: "m", max_tokens: 10_000, messages });
    },
  },
  gemini: {
    printer: geminiPrinter(true),
    back: ({ candidates }) => {
      const [candidate] = candidates as { readonly content: { readonly parts?: Json[] } }[];
      const parts = candidate?.content.parts ?? [];
      const contents = [
        { role: "user", parts: [{ text: "Go on." }] },
        { role: "model", parts },
        { role: "user", parts: [{ text: "And?" }] },
      ];
      return parseGemini({ contents }, { model: "m", stream: false });
    },
  },
};

function results(content: readonly Json[]): Json[] {
  const uses = content.filter(({ type }) => type === "tool_use");
  return [
    ...uses.map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: "done" })),
    { type: "text", text: "And?" },
  ];
}

const SIGNING: Readonly<Record<string, { readonly provider: string; readonly api: string; readonly model: string }>> = {
  anthropic: { provider: "anthropic", api: "messages", model: "claude-sonnet-4-5" },
  gemini: { provider: "gemini", api: "generate_content", model: "gemini-3-pro-preview" },
  vertex: { provider: "gemini", api: "generate_content", model: "gemini-3-pro-preview" },
};

/** Parts of tools that the provider runs itself have no place in another dialect. */
const SERVER_TOOL = /"(?:toolCall|toolResponse|server_tool_use|executableCode)"/;

function signaturesIn(text: string): string[] {
  const found = [...text.matchAll(/"(?:signature|thoughtSignature|thought_signature)": ?"((?:[^"\\]|\\.)+)"/g)];
  const sealed = [...text.matchAll(/"type": ?"redacted_thinking", ?"data": ?"([^"]+)"/g)];
  return [...found, ...sealed].map(([, signature = ""]) => JSON.parse(`"${signature}"`) as string);
}

function providerOf(name: string): Provider {
  const create = PROVIDERS[name];
  assert.ok(create);
  return create({ baseUrl: undefined, abandon: undefined });
}

for (const [folder, { provider: name, api, model }] of Object.entries(SIGNING)) {
  for (const [dialect, { printer, back }] of Object.entries(DIALECTS)) {
    test(`what ${folder} signed comes back through the dialect ${dialect}`, { skip }, (t) => {
      const provider = providerOf(name);
      const entry = provider.models.find(({ id }) => id === model) ?? provider.models[0];
      assert.ok(entry);
      let kept = 0;
      for (const file of readdirSync(join(FOLDER, folder))) {
        const recording = JSON.parse(readFileSync(join(FOLDER, folder, file), "utf8")) as {
          readonly api: string;
          readonly response: { readonly body?: unknown };
        };
        const text = JSON.stringify(recording.response.body ?? null);
        const signatures = signaturesIn(text);
        if (recording.api !== api || signatures.length === 0 || SERVER_TOOL.test(text)) continue;
        const { chunks } = provider.mapResponse(text);
        const printed = JSON.parse(String(printer.whole(whole(name, chunks)))) as Json;
        const { body } = provider.mapChat(back(printed), model, { ...entry, id: model });
        const sent = signaturesIn(body);
        for (const signature of signatures) assert.ok(sent.includes(signature), `${file}: ${signature.slice(0, 40)}`);
        kept += signatures.length;
      }
      t.diagnostic(`${kept} signatures`);
      assert.ok(kept > 0);
    });
  }
}

function whole(provider: string, chunks: readonly ChatChunk[]) {
  const head = { ...RouteHead.create(), provider, model: "m" };
  const answer = accumulate();
  for (const chunk of chunks) answer.push(chunk);
  return { head, requestId: "req_1", receivedAtS: 0, chunks, answer, summary: RouteSummary.create() };
}
