/**
 * What a streamed delta costs on its way from a provider's event to a dialect's: `node test/bench/deltas.ts`. Events that arrived together are
 * read by the provider's reader and printed as one text; figures are medians over rounds, in microseconds of wall clock a delta.
 */
import { ChunkPrinter, EventPrinter, geminiPrinter, responseParser, responsePrinter } from "@sluice/ingress/dialects";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { RouteHead } from "@sluice/proto/router/v1/router_service";
import { everyProvider, type Provider } from "@sluice/provider-adapter/recordings";
import { headline, runFacts } from "./machine/facts.ts";

const DELTAS = 60;
const ROUNDS = 300;
const WARM_ROUNDS = 100;

interface WireEvent {
  readonly name: string;
  readonly data: string;
}

/** How each wire begins and what a delta of text looks like. */
const WIRES: Readonly<Record<string, { readonly first: readonly WireEvent[]; readonly delta: WireEvent }>> = {
  openai: {
    first: [
      event("", {
        id: "c",
        object: "chat.completion.chunk",
        created: 1,
        model: "m",
        choices: [choice({ role: "assistant" })],
      }),
    ],
    delta: event("", {
      id: "c",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [choice({ content: " word" })],
    }),
  },
  anthropic: {
    first: [
      event("message_start", {
        type: "message_start",
        message: {
          id: "m",
          type: "message",
          role: "assistant",
          content: [],
          model: "m",
          usage: { input_tokens: 3, output_tokens: 1 },
        },
      }),
      event("content_block_start", {
        type: "content_block_start",
        index: 0,
        content_block: { type: "text", text: "" },
      }),
    ],
    delta: event("content_block_delta", {
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: " word" },
    }),
  },
  gemini: {
    first: [],
    delta: event("", {
      candidates: [{ content: { parts: [{ text: " word" }], role: "model" }, index: 0 }],
      modelVersion: "m",
    }),
  },
};

function event(name: string, body: object): WireEvent {
  return { name, data: JSON.stringify(body) };
}

function choice(delta: object): object {
  return { index: 0, delta, logprobs: null, finish_reason: null };
}

const opening = {
  requestId: "req_1m823wb024zpbfgt72y97th5r",
  receivedAtS: 1,
  head: RouteHead.fromPartial({ provider: "p", model: "m" }),
};
const asked = responseParser({ itemsMax: 10, toolsMax: 10, partsMax: 10 }).read({ model: "p/m", input: "Hello" });
const PRINTERS = {
  "chat completions": () => new ChunkPrinter({ ...opening, includeUsage: false }),
  responses: () => responsePrinter({ asked, keep: undefined, now: Date.now }).open(opening),
  messages: () => new EventPrinter(opening),
  generateContent: () => geminiPrinter(true).open(opening),
} as const;

const providers = new Map(everyProvider().map((provider) => [provider.name, provider]));
process.stdout.write(`${headline(runFacts(new Date()))}\n`);
process.stdout.write(`${DELTAS} deltas together; us a delta: reading / printing / both\n`);
for (const [wire, events] of Object.entries(WIRES)) {
  const provider = providers.get(wire);
  if (provider === undefined) throw new Error(`There is no provider ${wire}.`);
  for (const [name, open] of Object.entries(PRINTERS)) {
    const rounds = Array.from({ length: WARM_ROUNDS + ROUNDS }, () => round(provider, events, open)).slice(WARM_ROUNDS);
    const [read, print] = [median(rounds.map((each) => each.read)), median(rounds.map((each) => each.print))];
    process.stdout.write(
      `${wire} -> ${name}: ${read.toFixed(2)} / ${print.toFixed(2)} / ${(read + print).toFixed(2)}\n`,
    );
  }
}

interface Round {
  readonly read: number;
  readonly print: number;
}

function round(
  provider: Provider,
  { first, delta }: (typeof WIRES)[string],
  open: (typeof PRINTERS)[keyof typeof PRINTERS],
): Round {
  const reader = provider.openStream();
  const printer = open();
  const chunks: ChatChunk[] = [];
  for (const { name, data } of first) reader.step(name, data, chunks);
  reader.step(delta.name, delta.data, chunks);
  if (printer.print(chunks).length === 0) throw new Error("Nothing was printed.");
  const together: ChatChunk[] = [];
  // No two alike, so that nobody prints from memory.
  const datas = Array.from({ length: DELTAS }, (_, index) =>
    delta.data.replace("word", `word${index % 7}${"x".repeat(index % 5)}`),
  );
  const started = process.hrtime.bigint();
  for (let index = 0; index < DELTAS; index++) reader.step(delta.name, datas[index] ?? "", together);
  const read = process.hrtime.bigint();
  const text = printer.print(together);
  const printed = process.hrtime.bigint();
  if (!text.includes(" word")) throw new Error("The deltas were not printed.");
  return { read: Number(read - started) / 1_000 / DELTAS, print: Number(printed - read) / 1_000 / DELTAS };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
