import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { printRecorded, printRecordedStream } from "@sluice/ingress/openai-chat";
import { type AccumulatedAnswer, type AccumulatedReasoning, accumulate } from "@sluice/platform/chat";
import type { Part } from "@sluice/proto/chat/v1/chat";
import { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import { type ReadRecording, readRecording, recordedStream } from "@sluice/provider-adapter/recordings";
import type { StreamFailure } from "../../services/ingress/src/answer/printer.ts";
import { responsePrinter } from "../../services/ingress/src/endpoints/responses/printer.ts";
import { inputItems, referencedIds, responseParser } from "../../services/ingress/src/endpoints/responses/request.ts";
import type { ItemBody, ResponseRequestBody } from "../../services/ingress/src/endpoints/responses/schema.ts";
import { exchangeLine, headersOf } from "../../services/launcher/src/commands/translate/exchange-line.ts";
import { eventSchema, readOpenAiSpec } from "./openai-spec.ts";

/** Recorded exchanges lie beside the checkout, not in it. */
const FOLDER = resolve(import.meta.dirname, "../../../shared/fixtures");
const REFUSED = /tools\[\d+\]\.type must be|background is not|prompt is not|\.role must be/;

type Json = Record<string, unknown>;

interface Recorded {
  readonly name: string;
  readonly api: string;
  readonly asked: unknown;
  readonly answer: ReadRecording | undefined;
}

const spec = readOpenAiSpec();
const recordings: readonly Recorded[] = existsSync(FOLDER)
  ? globSync("*/*.json", { cwd: FOLDER }).sort().map(read)
  : [];

function read(name: string): Recorded {
  const value = JSON.parse(readFileSync(resolve(FOLDER, name), "utf8")) as Json;
  const exchange = exchangeLine.parse(value);
  const { provider, api, response } = exchange;
  const asked = (value["request"] as Json | undefined)?.["body"];
  try {
    const { status, body } = response;
    const recorded = { status, body, headers: headersOf(exchange), stream: recordedStream(response) };
    return { name, api, asked, answer: readRecording({ provider, api, response: recorded }) };
  } catch {
    // Wires that are no chats have no reader.
    return { name, api, asked, answer: undefined };
  }
}

const ASKED: ResponseRequestBody = { model: "m", input: "Hi", include: ["reasoning.encrypted_content"] };

function printerOf(provider: string) {
  const printer = responsePrinter({ asked: ASKED, keep: undefined, now: () => 0 });
  const head = RouteHead.fromPartial({ provider, model: "m" });
  return { printer, opening: { requestId: "req_0123456789abcdefghjkmnpqr", receivedAtS: 1, head } };
}

async function plain({ provider, chunks, usage }: ReadRecording): Promise<Json> {
  const { printer, opening } = printerOf(provider);
  const summary = { ...RouteSummary.create(), usage };
  return JSON.parse(await printer.whole({ ...opening, chunks, answer: accumulate(), summary })) as Json;
}

async function streamed({ provider, chunks, usage, error }: ReadRecording): Promise<Json[]> {
  const { printer, opening } = printerOf(provider);
  const pieces = printer.open(opening);
  let text = "";
  for (const chunk of chunks) text += pieces.print([chunk]);
  const body = { error: { message: "Broken.", type: "api_error", param: null, code: "upstream_bad_response" } };
  const failure: StreamFailure = { status: 502, body };
  text += error === undefined ? await pieces.finish({ ...RouteSummary.create(), usage }) : pieces.fail(failure);
  const events = text.split("\n\n").filter((event) => event !== "");
  return events.map((event) => JSON.parse(event.slice(event.indexOf("\ndata: ") + 7)) as Json);
}

const bare = (items: unknown): Json[] => (items as Json[]).map(({ id: _id, ...item }) => item);

/** What a response says, in the words of an answer that was put together. */
function saidBy(output: readonly Json[]) {
  const parts = output.flatMap(({ type, content }) => (type === "message" ? (content as Json[]) : []));
  const textOf = (type: string, field: string) =>
    parts
      .filter((part) => part["type"] === type)
      .map((part) => String(part[field]))
      .join("");
  const calls = output.filter(({ type }) => type === "function_call" || type === "custom_tool_call");
  return {
    text: textOf("output_text", "text"),
    refusal: textOf("refusal", "refusal"),
    thinking: output
      .flatMap(({ type, summary }) => (type === "reasoning" ? (summary as Json[]) : []))
      .map(({ text }) => text)
      .join(""),
    calls: calls.map((call) => [call["name"], call["arguments"] ?? call["input"]]),
  };
}

function saidIn(answer: AccumulatedAnswer | undefined) {
  return {
    text: answer?.text ?? "",
    refusal: answer?.refusal ?? "",
    thinking: answer?.reasoning.map(({ text }) => text).join("") ?? "",
    calls: answer?.toolCalls.map(({ name, argumentsJson }) => [name, argumentsJson]) ?? [],
  };
}

/** Proves something of many recordings, and tells of each that fails. */
async function ofEach(chosen: readonly Recorded[], prove: (answer: ReadRecording) => Promise<void> | void) {
  const faults: string[] = [];
  for (const { name, answer } of chosen) {
    try {
      if (answer !== undefined) await prove(answer);
    } catch (error) {
      faults.push(`${name}: ${String(error)}`);
    }
  }
  assert.equal(faults.length, 0, faults.slice(0, 5).join("\n"));
}

test("every recorded answer of every wire is a response that means the same, plain and streamed", async (t) => {
  const answered = recordings.filter(
    ({ answer }) => answer && (answer.error === undefined || answer.chunks.length > 0),
  );
  await ofEach(answered, async (answer) => {
    const events = await streamed(answer);
    for (const event of events) spec?.check(eventSchema(String(event["type"])), event);
    const last = events.at(-1)?.["response"] as { output: Json[] };
    const whole = accumulate();
    for (const chunk of answer.chunks) whole.push(chunk);
    const [first] = whole.answers();
    assert.deepEqual(saidBy(last.output), saidIn(first));
    if (answer.error !== undefined) return;
    const body = await plain(answer);
    spec?.check("Response", body);
    assert.deepEqual(bare(last.output), bare(body["output"]));
  });
  t.diagnostic(`${answered.length} recorded answers were printed`);
});

/** What an answer has to be sent back with: thinking with its proofs, words, calls with their signatures. */
function turnOf(parts: readonly Part[]) {
  const kinds = parts.map(({ kind }) => kind).filter((kind) => kind !== undefined);
  return {
    text: kinds.map((kind) => (kind.$case === "text" ? kind.value : "")).join(""),
    refusal: kinds.map((kind) => (kind.$case === "refusal" ? kind.value : "")).join(""),
    thinking: thoughtsIn(kinds.flatMap((kind) => (kind.$case === "reasoning" ? [kind.value] : []))),
    calls: kinds.flatMap((kind) => (kind.$case === "toolCall" ? [kind.value] : [])),
  };
}

/** Blocks with a proof are told apart; of the others only what they say matters, and their ids lead nowhere. */
function thoughtsIn(blocks: readonly AccumulatedReasoning[]) {
  const proven = blocks.filter(({ signature }) => signature !== "");
  return {
    said: blocks.map(({ text }) => text).join(""),
    proven: proven.map(({ text, signature, redacted, id }) => ({ text, signature, redacted, id })),
  };
}

test("every recorded answer comes back as it went out when its caller carries it", async (t) => {
  const parser = responseParser({ itemsMax: 10_000, toolsMax: 512, partsMax: 10_000 });
  const answered = recordings.filter(({ answer }) => answer !== undefined && answer.error === undefined);
  await ofEach(answered, async (answer) => {
    const whole = accumulate();
    for (const chunk of answer.chunks) whole.push(chunk);
    const [first] = whole.answers();
    if (first === undefined) return;
    const body = await plain(answer);
    const asked = parser.read({ model: "m", input: [{ role: "user", content: "Hi" }, ...(body["output"] as Json[])] });
    const { messages } = parser.toChat(asked, { earlier: [], referenced: new Map() });
    const back = turnOf(messages.slice(1).flatMap(({ parts }) => parts));
    const { thinking, calls, ...words } = back;
    assert.deepEqual(words, { text: first.text, refusal: first.refusal ?? "" });
    assert.deepEqual(thinking, thoughtsIn(first.reasoning));
    assert.deepEqual(
      calls.map(({ name, argumentsJson, signature, provider }) => [name, argumentsJson, signature, provider]),
      first.toolCalls.map((call) => [
        call.name,
        call.argumentsJson,
        call.signature,
        call.signature === "" ? "" : answer.provider,
      ]),
    );
  });
  t.diagnostic(`${answered.length} recorded answers came back`);
});

test("every recorded answer of every wire is a chat completion of the specification", async (t) => {
  if (spec === undefined) return t.diagnostic("no specification beside the checkout: nothing was compared");
  const answered = recordings.filter(({ answer }) => answer?.error === undefined && endsInKnownWords(answer));
  await ofEach(answered, (answer) => {
    const recorded = { ...answer, id: "chatcmpl-1", model: "m", includeUsage: true };
    spec.check("CreateChatCompletionResponse", JSON.parse(printRecorded(recorded).completion));
    for (const chunk of printRecordedStream(recorded, true)) {
      spec.check("CreateChatCompletionStreamResponse", JSON.parse(chunk));
    }
  });
});

/** A reason for which OpenAI has no word keeps the provider's, which its specification cannot know. */
function endsInKnownWords(answer: ReadRecording | undefined): boolean {
  return answer?.chunks.some(({ event }) => event?.$case === "finish" && event.value.reason > 4) === false;
}

test("every recorded request for a response is read, or refused for what is not built", (t) => {
  const parser = responseParser({ itemsMax: 10_000, toolsMax: 512, partsMax: 10_000 });
  let count = 0;
  let refused = 0;
  for (const { name, api, asked } of recordings) {
    if (api !== "responses" || typeof asked !== "object" || asked === null) continue;
    try {
      const body = parser.read(asked);
      const referenced = new Map(referencedIds(body).map((id): [string, ItemBody] => [id, { type: "reasoning" }]));
      const { messages } = parser.toChat(body, { earlier: [], referenced });
      assert.ok(messages.length > 0 || inputItems(body).length === 0, name);
      count++;
    } catch (error) {
      assert.match(String(error), REFUSED, name);
      refused++;
    }
  }
  t.diagnostic(`${count} recorded requests were read, ${refused} refused`);
});
