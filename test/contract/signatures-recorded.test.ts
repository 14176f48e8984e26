import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { chatParser } from "../../services/ingress/src/endpoints/chat-completions/request.ts";
import { translateLine } from "../../services/launcher/src/commands/translate/translate-line.ts";
import type { Provider } from "../../services/provider-adapter/src/provider.ts";
import { PROVIDERS } from "../../services/provider-adapter/src/providers/registry.ts";

/** Recorded exchanges lie beside the checkout, not in it. */
const FOLDER = resolve(import.meta.dirname, "../../../shared/fixtures");
/** Recordings' folders, and the provider that takes the history back. */
const SIGNING: Readonly<Record<string, { readonly api: string; readonly provider: string; readonly model: string }>> = {
  anthropic: { api: "messages", provider: "anthropic", model: "claude-sonnet-4-5" },
  gemini: { api: "generate_content", provider: "gemini", model: "gemini-2.5-pro" },
  vertex: { api: "generate_content", provider: "vertex", model: "gemini-2.5-pro" },
};
const parse = chatParser({ choicesMax: 16, messagesMax: 10_000, toolsMax: 512, partsMax: 10_000 });

interface Recording {
  readonly api: string;
  readonly response: { readonly status: number; readonly body?: unknown; readonly sse?: string };
}

type Json = Readonly<Record<string, unknown>>;

interface Translated {
  readonly outcome: string;
  readonly openai: { readonly choices: readonly { readonly message: Json }[] } | null;
  readonly chunks: readonly { readonly choices: readonly { readonly index: number; readonly delta: Json }[] }[] | null;
}

/** Parts of tools that the provider runs itself: OpenAI's dialect has no place for them. */
const SERVER_TOOL = /"(?:toolCall|toolResponse|server_tool_use)"/;

/** Every signature a provider sent, wherever it stands, up to the end of its answer. */
function signaturesIn({ body, sse }: Recording["response"]): string[] {
  const text = sse === undefined ? JSON.stringify(body) : (sse.split(/^event: ?message_stop/m)[0] ?? "");
  if (SERVER_TOOL.test(text)) return [];
  const found = [...text.matchAll(/"(?:signature|thoughtSignature|thought_signature)": ?"((?:[^"\\]|\\.)+)"/g)];
  const withheld = [...text.matchAll(/"type": ?"redacted_thinking", ?"data": ?"([^"]+)"/g)];
  return [...found, ...withheld].map(([, signature = ""]) => JSON.parse(`"${signature}"`) as string);
}

/** The message a client holds that overwrites what it does not know, as OpenAI's own does. */
function joined(chunks: NonNullable<Translated["chunks"]>): Json {
  const message: Record<string, unknown> = {};
  const calls: Record<string, unknown>[] = [];
  let content = "";
  for (const { index, delta } of chunks.flatMap(({ choices }) => choices)) {
    if (index !== 0) continue;
    const { content: text, tool_calls: pieces, ...rest } = delta;
    Object.assign(message, rest);
    content += typeof text === "string" ? text : "";
    for (const piece of Array.isArray(pieces) ? (pieces as (Json & { index: number; function?: Json })[]) : []) {
      const { index: at, function: named, ...more } = piece;
      const known = calls[at] ?? { function: { name: "", arguments: "" } };
      calls[at] = known;
      const before = known["function"] as { name: string; arguments: string };
      Object.assign(known, more);
      known["function"] = {
        name: before.name || String(named?.["name"] ?? ""),
        arguments: before.arguments + String(named?.["arguments"] ?? ""),
      };
    }
  }
  return { ...message, content, ...(calls.length > 0 && { tool_calls: calls }) };
}

/** What the provider gets when the message comes back, the tools answered. */
function sentBack(provider: Provider, model: string, message: Json): string {
  const calls = Array.isArray(message["tool_calls"]) ? (message["tool_calls"] as { id: string }[]) : [];
  const results = calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "done" }));
  const question = { role: "user", content: "Go on." };
  const messages = [question, message, ...results, ...(calls.length === 0 ? [question] : [])];
  const entry = provider.models.find(({ id, aliases }) => id === model || aliases.includes(model));
  assert.ok(entry, model);
  return provider.mapChat(parse({ model, messages, reasoning_effort: "low" }), model, entry).body;
}

function recordings(folder: string, api: string): { name: string; recording: Recording }[] {
  return readdirSync(join(FOLDER, folder))
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({
      name: `${folder}/${name}`,
      recording: JSON.parse(readFileSync(join(FOLDER, folder, name), "utf8")) as Recording,
    }))
    .filter(({ recording }) => recording.api === api && recording.response.status === 200);
}

test("every recorded signature goes out to OpenAI's clients and back to its provider byte for byte", (context) => {
  if (!existsSync(FOLDER)) return context.diagnostic(`No recordings at ${FOLDER}: nothing was sent back.`);
  let signatures = 0;
  for (const [folder, { api, provider: name, model }] of Object.entries(SIGNING)) {
    const provider = PROVIDERS[name]?.({ baseUrl: undefined, abandon: undefined });
    assert.ok(provider);
    for (const { name: file, recording } of recordings(folder, api)) {
      const wanted = signaturesIn(recording.response);
      const { text } = translateLine({ text: JSON.stringify({ provider: folder, ...recording }) });
      const { openai, chunks } = JSON.parse(text) as Translated;
      const plain = openai?.choices[0]?.message;
      if (wanted.length === 0 || plain === undefined) continue;
      for (const message of [plain, ...(chunks === null ? [] : [joined(chunks)])]) {
        const body = sentBack(provider, model, message);
        for (const signature of wanted)
          assert.ok(body.includes(JSON.stringify(signature)), `${file}: ${signature.slice(0, 40)}…`);
      }
      signatures += wanted.length;
    }
  }
  context.diagnostic(`${signatures} recorded signatures were sent back`);
  assert.ok(signatures > 20);
});
