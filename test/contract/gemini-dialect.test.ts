import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import { inOneSpelling } from "../../services/ingress/src/endpoints/gemini/names.ts";
import { geminiParser } from "../../services/ingress/src/endpoints/gemini/request.ts";
import { geminiPrinter } from "../../services/ingress/src/endpoints/gemini/stream-printer.ts";
import { gemini } from "../../services/provider-adapter/src/providers/gemini/index.ts";

/**
 * What callers of Gemini's dialect say to Google and hear from it goes through the canonical form unchanged: recorded exchanges, which lie
 * beside the checkout and not in it.
 */

const FOLDER = resolve(import.meta.dirname, "../../../shared/fixtures");
const skip = existsSync(FOLDER) ? false : `there are no recordings at ${FOLDER}`;

type Json = Record<string, unknown>;

interface Recording {
  readonly api: string;
  readonly model?: string;
  readonly request?: { readonly body?: Json };
  readonly response: { readonly status: number; readonly body?: unknown; readonly sse?: string };
}

const provider = gemini({ baseUrl: undefined, abandon: undefined });
const parse = geminiParser({ choicesMax: 16, messagesMax: 10_000, toolsMax: 512, partsMax: 10_000 });
const recordings = skip === false ? ["gemini", "vertex"].flatMap(folder) : [];
const good = recordings.filter(([, { api, response }]) => api === "generate_content" && response.status === 200);

function folder(name: string): (readonly [string, Recording])[] {
  return readdirSync(join(FOLDER, name)).map((file) => {
    return [file, JSON.parse(readFileSync(join(FOLDER, name, file), "utf8")) as Recording];
  });
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A turn as Google reads it: neighbours of one role are one, results first. */
function turnsOf(contents: readonly Json[]): Json[] {
  const turns: { role: unknown; parts: Json[] }[] = [];
  for (const { role = "user", parts } of contents) {
    const last = turns.at(-1);
    if (last !== undefined && last.role === role) last.parts.push(...(parts as Json[]));
    else turns.push({ role, parts: [...(parts as Json[])] });
  }
  return turns.map(({ role, parts }) => ({
    role,
    parts: parts.filter((part) => part["text"] !== "" || Object.keys(part).length > 1),
  }));
}

/** The same bytes in the one alphabet. */
function inOneAlphabet(value: unknown): unknown {
  const text = JSON.stringify(value, (name, inner: unknown) =>
    name === "data" && typeof inner === "string" ? inner.replaceAll("-", "+").replaceAll("_", "/") : inner,
  );
  return JSON.parse(text);
}

/** A request without what says nothing. */
function meaning(body: Json): Json {
  const spelled = inOneAlphabet(inOneSpelling(body)) as Json;
  const { contents, systemInstruction, tools, generationConfig: config, ...rest } = spelled;
  const system = isObject(systemInstruction) ? systemInstruction["parts"] : systemInstruction;
  const list = [tools ?? []].flat() as Json[];
  const functions = list
    .flatMap((tool) => (tool["functionDeclarations"] ?? []) as Json[])
    .map(({ description, ...tool }) =>
      description === "" || description === undefined ? tool : { ...tool, description },
    );
  const others = list.flatMap(({ functionDeclarations: _functions, ...tool }) =>
    Object.keys(tool).length === 0 ? [] : [tool],
  );
  const generationConfig = isObject(config) && Object.keys(config).length > 0 ? config : null;
  return {
    ...rest,
    generationConfig,
    contents: turnsOf(contents as Json[]),
    system: system ?? null,
    functions,
    others,
  };
}

test("a recorded request reaches Google as it was written", { skip }, (t) => {
  let compared = 0;
  for (const [name, { request, model = "gemini-2.5-flash" }] of good) {
    const body = request?.body;
    if (!isObject(body) || !Array.isArray(body["contents"])) continue;
    const entry = provider.models.find(({ id }) => model.startsWith(id)) ?? provider.models[0];
    assert.ok(entry);
    const { body: sent } = provider.mapChat(parse(body, { model, stream: false }), model, { ...entry, id: model });
    assert.deepEqual(meaning(JSON.parse(sent) as Json), meaning(body), name);
    compared += 1;
  }
  t.diagnostic(`compared ${compared} requests`);
  assert.ok(compared > 80);
});

function opening(chunks: readonly ChatChunk[]) {
  const head = { ...RouteHead.create(), provider: "gemini", model: "gemini" };
  const answer = accumulate();
  for (const chunk of chunks) answer.push(chunk);
  return { head, requestId: "req_1", receivedAtS: 0, chunks, answer, summary: RouteSummary.create() };
}

/** What an answer tells, however it was cut into events: neighbouring words are one, a signature is part of the words before it. */
function told(answers: readonly Json[]): Json {
  const whole: Json = {};
  const candidates = new Map<number, Json>();
  for (const { candidates: list = [], x_sluice: _facts, ...rest } of answers) {
    Object.assign(whole, rest);
    for (const candidate of list as Json[]) {
      const index = Number(candidate["index"] ?? 0);
      const { content, index: _index, ...beside } = candidate;
      const before = candidates.get(index) ?? { parts: [] };
      candidates.set(index, { ...before, ...beside });
      for (const part of ((content as Json | undefined)?.["parts"] ?? []) as Json[])
        addPart(before["parts"] as Json[], part);
    }
  }
  const { createTime: _time, responseId: _id, usageMetadata: usage, modelVersion: _model, ...known } = whole;
  // Counts without the prompt's are not believed, and what has no name for its model was made up by hand.
  const counted = isObject(usage) && typeof usage["promptTokenCount"] === "number";
  return { ...known, ...(counted && { usageMetadata: usage }), candidates: [...candidates.entries()] };
}

/** Recordings of another form: reasons as numbers, arguments in pieces, answers made up for a test that lack an end. */
function isOdd(text: string): boolean {
  return (
    /"finishReason": ?\d|"partialArgs"/.test(text) || (!text.includes("finishReason") && !text.includes("blockReason"))
  );
}

function addPart(parts: Json[], { thoughtSignature: signature, ...part }: Json): void {
  const last = parts.at(-1);
  const call = part["functionCall"];
  if (isObject(call)) part["functionCall"] = { args: {}, ...call, id: undefined };
  const goesOn =
    last !== undefined &&
    typeof part["text"] === "string" &&
    typeof last["text"] === "string" &&
    last["thought"] === part["thought"];
  if (goesOn && last["thoughtSignature"] === undefined) last["text"] = `${String(last["text"])}${String(part["text"])}`;
  else if (Object.keys(part).length > 0 && !(part["text"] === "" && signature === undefined)) parts.push({ ...part });
  const at = parts.at(-1);
  if (signature !== undefined && at !== undefined) at["thoughtSignature"] = signature;
}

test("a recorded answer reaches a caller of the same dialect as it was sent", { skip }, (t) => {
  let compared = 0;
  for (const [name, { response }] of good) {
    if (!isObject(response.body) || isOdd(JSON.stringify(response.body))) continue;
    const { chunks, error } = provider.mapResponse(JSON.stringify(response.body));
    if (error !== undefined) continue;
    const printed = JSON.parse(String(geminiPrinter(true).whole(opening(chunks)))) as Json;
    assert.deepEqual(told([printed]), told([response.body]), name);
    compared += 1;
  }
  t.diagnostic(`compared ${compared} answers`);
  assert.ok(compared > 50);
});

test("a recorded stream reaches a caller of the same dialect as it was sent, as events and as a list", {
  skip,
}, (t) => {
  let compared = 0;
  for (const [name, { response }] of good) {
    if (response.sse === undefined || isOdd(response.sse)) continue;
    const sent = response.sse
      .split(/\r?\n/)
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5));
    const events = geminiPrinter(true).open(opening([]));
    const list = geminiPrinter(false).open(opening([]));
    const reader = provider.openStream();
    let text = "";
    let json = "";
    const pass = (read: (into: ChatChunk[]) => void) => {
      const chunks: ChatChunk[] = [];
      read(chunks);
      text += events.print(chunks);
      json += list.print(chunks);
    };
    try {
      for (const data of sent) pass((into) => reader.step("", data, into));
    } catch {
      continue;
    }
    pass((into) => reader.end(into));
    if (reader.error !== undefined || !reader.finished) continue;
    text += String(events.finish(RouteSummary.create()));
    json += String(list.finish(RouteSummary.create()));
    const printed = text
      .split("\r\n\r\n")
      .filter((event) => event !== "")
      .map((event) => JSON.parse(event.slice(5)) as Json);
    const original = told(sent.map((data) => JSON.parse(data) as Json));
    assert.deepEqual(told(printed), original, name);
    assert.deepEqual(told(JSON.parse(json) as Json[]), original, name);
    compared += 1;
  }
  t.diagnostic(`compared ${compared} streams`);
  assert.ok(compared > 30);
});
