import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import { EventPrinter } from "../../services/ingress/src/endpoints/messages/event-printer.ts";
import { messagesParser } from "../../services/ingress/src/endpoints/messages/request.ts";
import { printMessage } from "../../services/ingress/src/endpoints/messages/response.ts";
import { anthropic } from "../../services/provider-adapter/src/providers/anthropic/index.ts";

/**
 * What callers of Anthropic's dialect say to Anthropic and hear from it goes through the canonical form unchanged: recorded exchanges,
 * which lie beside the checkout and not in it.
 */

const FOLDER = resolve(import.meta.dirname, "../../../shared/fixtures/anthropic");
const skip = existsSync(FOLDER) ? false : `there are no recordings at ${FOLDER}`;

type Json = Record<string, unknown>;

interface Recording {
  readonly api: string;
  readonly request?: { readonly body?: Json; readonly headers?: Readonly<Record<string, string>> };
  readonly response: { readonly status: number; readonly body?: Json; readonly sse?: string };
}

const provider = anthropic({ baseUrl: undefined, abandon: undefined });
const parse = messagesParser({ messagesMax: 10_000, toolsMax: 512, partsMax: 10_000 });
const recordings = skip === false ? readdirSync(FOLDER).map((name) => [name, read(name)] as const) : [];
const good = recordings.filter(([, { api, response }]) => api === "messages" && response.status === 200);

function read(name: string): Recording {
  return JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Recording;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Two ways to write the same: a text alone and a list of one block of it. */
function asBlocks(content: unknown): unknown {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) return content;
  return content.map((block: unknown) =>
    isObject(block) && block["type"] === "tool_result" ? asResult(block) : block,
  );
}

function asResult({ is_error: isError, ...block }: Json): Json {
  return { ...block, content: asBlocks(block["content"]), ...(isError === true && { is_error: true }) };
}

function asTool({ description, ...tool }: Json): Json {
  return description === "" || description === undefined ? tool : { ...tool, description };
}

/** A request as Anthropic reads it: neighbours of one role are one turn, what says nothing is left out. */
function meaning(body: Json): Json {
  const turns: { role: unknown; content: unknown[] }[] = [];
  for (const { role, content } of body["messages"] as Json[]) {
    const blocks = asBlocks(content) as unknown[];
    const last = turns.at(-1);
    if (last !== undefined && last.role === role) last.content.push(...blocks);
    else turns.push({ role, content: [...blocks] });
  }
  const system = asBlocks(body["system"]) as unknown[] | undefined;
  const whole: Json = {
    ...body,
    messages: turns,
    system: system?.length === 0 ? null : (system ?? null),
    tools: Array.isArray(body["tools"]) ? (body["tools"] as Json[]).map(asTool) : null,
    // The only temperature that goes with thinking is the one it has by itself.
    temperature: body["thinking"] !== undefined && body["temperature"] === 1 ? null : (body["temperature"] ?? null),
  };
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== false && value !== null));
}

test("a recorded request reaches Anthropic as it was written", { skip }, (t) => {
  let compared = 0;
  for (const [name, { request }] of good) {
    const body = request?.body;
    if (!isObject(body) || !Array.isArray(body["messages"])) continue;
    const model = String(body["model"]);
    const entry = provider.models.find(({ id }) => model.startsWith(id)) ?? provider.models[0];
    assert.ok(entry);
    const { body: sent } = provider.mapChat(parse(body), model, { ...entry, id: model, maxOutputTokens: 0 });
    assert.deepEqual(meaning(JSON.parse(sent) as Json), meaning(body), name);
    compared += 1;
  }
  t.diagnostic(`compared ${compared} requests`);
  assert.ok(compared > 50);
});

function opening(chunks: readonly ChatChunk[]) {
  const head = { ...RouteHead.create(), provider: "anthropic", model: "claude" };
  const answer = accumulate();
  for (const chunk of chunks) answer.push(chunk);
  return { head, requestId: "req_1", receivedAtS: 0, chunks, answer, summary: RouteSummary.create() };
}

test("a recorded answer reaches a caller of the same dialect as it was sent", { skip }, (t) => {
  let compared = 0;
  for (const [name, { response }] of good) {
    if (!isObject(response.body)) continue;
    const { chunks } = provider.mapResponse(JSON.stringify(response.body));
    const printed = JSON.parse(printMessage(opening(chunks))) as Json;
    assert.deepEqual(withoutNull(printed), withoutNull(response.body), name);
    compared += 1;
  }
  t.diagnostic(`compared ${compared} answers`);
  assert.ok(compared > 50);
});

/** Fields of null say that there is nothing; which of them a message has changes from one model to the next. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => [name, withoutNull(inner)]),
  );
}

function eventsOf(sse: string): Json[] {
  return sse
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => JSON.parse(line.slice(5)) as Json);
}

/** The message a client has put together when a stream is over. */
function joined(events: readonly Json[]): Json {
  let message: Json = {};
  const blocks: Json[] = [];
  const inputs = new Map<number, string>();
  for (const event of events) {
    const index = Number(event["index"]);
    const block = blocks[index];
    const delta = (event["delta"] ?? {}) as Json;
    if (event["type"] === "message_start") message = { ...(event["message"] as Json) };
    else if (event["type"] === "content_block_start") blocks[index] = { ...(event["content_block"] as Json) };
    else if (event["type"] === "content_block_delta" && block !== undefined) {
      const { type, partial_json: json, citation, ...texts } = delta;
      if (json !== undefined) inputs.set(index, (inputs.get(index) ?? "") + String(json));
      if (citation !== undefined) block["citations"] = [...((block["citations"] as unknown[] | null) ?? []), citation];
      for (const [field, text] of Object.entries(texts)) block[field] = String(block[field] ?? "") + String(text);
      assert.ok(type);
    } else if (event["type"] === "message_delta") {
      const { type, delta: ended, usage, x_sluice: _facts, ...rest } = event;
      assert.ok(type);
      message = {
        ...message,
        ...rest,
        ...(ended as Json),
        usage: { ...(message["usage"] as Json), ...(withoutNull(usage) as Json) },
      };
    }
  }
  for (const [index, json] of inputs) {
    const block = blocks[index];
    if (block !== undefined && json !== "") block["input"] = JSON.parse(json);
  }
  const shown = blocks.map(({ citations, ...block }) =>
    Array.isArray(citations) && citations.length > 0 ? { ...block, citations } : block,
  );
  return { ...message, content: shown };
}

test("a recorded stream reaches a caller of the same dialect as it was sent", { skip }, (t) => {
  let compared = 0;
  for (const [name, { response }] of good) {
    // Some recordings hold two messages in one stream.
    if (response.sse === undefined || (response.sse.match(/^data:.*"message_start"/gm) ?? []).length !== 1) continue;
    const reader = provider.openStream();
    const printer = new EventPrinter(opening([]));
    let text = "";
    let unreadable = false;
    for (const event of eventsOf(response.sse)) {
      const chunks: ChatChunk[] = [];
      try {
        reader.step(String(event["type"]), JSON.stringify(event), chunks);
      } catch {
        unreadable = true;
      }
      text += printer.print(chunks);
    }
    if (unreadable || reader.error !== undefined || !reader.ended) continue;
    const chunks: ChatChunk[] = [];
    reader.end(chunks);
    text += printer.print(chunks) + printer.finish(RouteSummary.create());
    assert.deepEqual(withoutNull(joined(eventsOf(text))), withoutNull(joined(eventsOf(response.sse))), name);
    compared += 1;
  }
  t.diagnostic(`compared ${compared} streams`);
  assert.ok(compared > 40);
});
