import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageSource } from "@sluice/proto/common/v1/usage";
import { openSse, plainAnswer, type Script, wire } from "./testing/upstream.ts";
import { attemptOf, chatOf, readAll, startWorld } from "./testing/world.ts";

const { USAGE_SOURCE_PROVIDER: PROVIDER, USAGE_SOURCE_COUNTED: COUNTED } = UsageSource;
const WORDS = [" one", " two", " three", " four", " five", " six", " seven", " eight"];

type End = "end" | "break";

/** Streams the events; "break" destroys the connection after the last one. */
const stream =
  (events: readonly string[], end: End): Script =>
  (response) => {
    openSse(response);
    if (end === "end") response.end(events.join(""));
    else response.write(events.join(""), () => response.destroy());
  };

const plain =
  (body: string): Script =>
  (response) =>
    void response.writeHead(200, { "content-type": "application/json" }).end(body);

const event = (data: object, name = ""): string =>
  `${name === "" ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;

/** The three wires, as pieces of a stream. */
const openai = {
  text: (content: string, usage?: object) =>
    event({
      id: "c",
      model: "m-1",
      choices: [{ index: 0, delta: { content }, finish_reason: null }],
      ...(usage && { usage }),
    }),
  counts: (prompt: number, completion: number) => ({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  }),
};

const anthropic = {
  start: (usage: object) =>
    event({ type: "message_start", message: { id: "msg", model: "m-1", content: [], usage } }, "message_start"),
  open: () => event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
  text: (text: string) => event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
  end: (usage: object) =>
    event({ type: "content_block_stop", index: 0 }) +
    event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage }, "message_delta") +
    event({ type: "message_stop" }, "message_stop"),
  error: () => event({ type: "error", error: { type: "overloaded_error", message: "busy" } }, "error"),
};

const gemini = {
  text: (text: string, usageMetadata?: object, finishReason?: string) =>
    event({
      candidates: [{ content: { parts: [{ text }], role: "model" }, ...(finishReason && { finishReason }) }],
      ...(usageMetadata && { usageMetadata }),
      modelVersion: "m-1",
    }),
  counts: (prompt: number, candidates?: number) => ({
    promptTokenCount: prompt,
    ...(candidates !== undefined && { candidatesTokenCount: candidates }),
    totalTokenCount: prompt + (candidates ?? 0),
  }),
};

interface Case {
  readonly name: string;
  readonly provider: "fake" | "a" | "g";
  readonly plain?: boolean;
  readonly script: Script;
  readonly source: UsageSource;
  /** Input, cached input and output tokens. */
  readonly usage: readonly [input: bigint, cached: bigint | undefined, output: bigint];
  readonly ending?: string;
}

const openaiCases: readonly Case[] = [
  {
    name: "cumulative usage on each chunk: the last counts",
    provider: "fake",
    script: stream(
      [
        ...WORDS.map((word, index) => openai.text(word, openai.counts(9, index + 1))),
        wire.finish(),
        wire.usage(9, 10),
        wire.done(),
      ],
      "end",
    ),
    source: PROVIDER,
    usage: [9n, undefined, 10n],
  },
  {
    name: "usage beside the finish reason, nothing after it",
    provider: "fake",
    script: stream([...WORDS.map((word) => openai.text(word)), wire.usage(9, 8), wire.finish(), wire.done()], "end"),
    source: PROVIDER,
    usage: [9n, undefined, 8n],
  },
  {
    name: "cumulative usage that sinks below what was delivered",
    provider: "fake",
    script: stream(
      [
        ...WORDS.map((word, index) => openai.text(word, openai.counts(9, 8 - index))),
        wire.finish(),
        wire.usage(9, 1),
        wire.done(),
      ],
      "end",
    ),
    source: COUNTED,
    usage: [9n, undefined, 8n],
  },
  {
    name: "usage on each chunk, then the connection breaks",
    provider: "fake",
    script: stream(
      WORDS.map((word, index) => openai.text(word, openai.counts(9, index + 2))),
      "break",
    ),
    source: COUNTED,
    usage: [9n, undefined, 9n],
    ending: "cut",
  },
  {
    name: "usage on the first chunk alone, then the connection breaks",
    provider: "fake",
    script: stream(
      WORDS.map((word, index) => openai.text(word, index === 0 ? openai.counts(9, 1) : undefined)),
      "break",
    ),
    source: COUNTED,
    usage: [9n, undefined, 8n],
    ending: "cut",
  },
  {
    name: "half of a usage, then the connection breaks",
    provider: "fake",
    script: stream(
      WORDS.map((word, index) => openai.text(word, index === 0 ? { prompt_tokens: 9 } : undefined)),
      "break",
    ),
    source: COUNTED,
    usage: [9n, undefined, 8n],
    ending: "cut",
  },
  {
    name: "an error with a usage of its own",
    provider: "fake",
    script: stream(
      [...WORDS.map((word) => openai.text(word)), event({ error: { message: "no" }, usage: openai.counts(9, 8) })],
      "end",
    ),
    source: PROVIDER,
    usage: [9n, undefined, 8n],
    ending: "error",
  },
  {
    name: "a plain answer with a usage of zero",
    provider: "fake",
    plain: true,
    script: plain(plainAnswer({ usage: openai.counts(0, 0) })),
    source: COUNTED,
    usage: [5n, undefined, 2n],
  },
  {
    name: "a stream with a usage of zero",
    provider: "fake",
    script: stream([...WORDS.map((word) => openai.text(word)), wire.finish(), wire.usage(0, 0), wire.done()], "end"),
    source: COUNTED,
    usage: [5n, undefined, 8n],
  },
];

const anthropicStart = anthropic.start({ input_tokens: 4, cache_read_input_tokens: 30, output_tokens: 3 });
const anthropicWords = [anthropicStart, anthropic.open(), ...WORDS.map(anthropic.text)];

const anthropicCases: readonly Case[] = [
  {
    name: "the prompt's usage at the start, the answer's at the end",
    provider: "a",
    script: stream([...anthropicWords, anthropic.end({ output_tokens: 11 })], "end"),
    source: PROVIDER,
    usage: [4n, 30n, 11n],
  },
  {
    name: "the prompt's usage at the start, then the connection breaks",
    provider: "a",
    script: stream(anthropicWords, "break"),
    source: COUNTED,
    usage: [4n, 30n, 8n],
    ending: "cut",
  },
  {
    name: "the prompt's usage at the start, then an error after content",
    provider: "a",
    script: stream([...anthropicWords, anthropic.error()], "end"),
    source: COUNTED,
    usage: [4n, 30n, 8n],
    ending: "error",
  },
  {
    name: "an end that counts no output",
    provider: "a",
    script: stream([...anthropicWords, anthropic.end({ output_tokens: 0 })], "end"),
    source: COUNTED,
    usage: [4n, 30n, 8n],
  },
];

const geminiCases: readonly Case[] = [
  {
    name: "counts on every event: the last are the answer's",
    provider: "g",
    script: stream(
      WORDS.map((word, index) => gemini.text(word, gemini.counts(9, index + 1), index === 7 ? "STOP" : undefined)),
      "end",
    ),
    source: PROVIDER,
    usage: [9n, undefined, 8n],
  },
  {
    name: "counts on every event, then the connection breaks",
    provider: "g",
    script: stream(
      WORDS.map((word, index) => gemini.text(word, gemini.counts(9, index + 3))),
      "break",
    ),
    source: COUNTED,
    usage: [9n, undefined, 10n],
    ending: "cut",
  },
  {
    name: "the prompt's count alone, then the connection breaks",
    provider: "g",
    script: stream(
      WORDS.map((word) => gemini.text(word, gemini.counts(9))),
      "break",
    ),
    source: COUNTED,
    usage: [9n, undefined, 8n],
    ending: "cut",
  },
  {
    name: "counts on the first event alone, then the connection breaks",
    provider: "g",
    script: stream(
      WORDS.map((word, index) => gemini.text(word, index === 0 ? gemini.counts(9, 1) : undefined)),
      "break",
    ),
    source: COUNTED,
    usage: [9n, undefined, 8n],
    ending: "cut",
  },
];

test("whenever and however often usage is told, the bill has the provider's prompt and no less than what came", async (context) => {
  const model = { models: ["m-1"], needs_key: false };
  const providers = { a: { ...model, wire: "anthropic" }, g: { ...model, wire: "gemini" } } as const;
  const world = await startWorld({ providers }, ["a", "g"]);
  try {
    for (const one of [...openaiCases, ...anthropicCases, ...geminiCases]) {
      await context.test(`${one.provider}: ${one.name}`, async () => {
        world.bus.events.length = 0;
        world.upstream.script = one.script;
        const chat = chatOf("hi", { stream: one.plain !== true });
        await readAll(world.client.generate(attemptOf(one.provider, chat)));
        const [metered, ...more] = world.bus.metered();
        assert.deepEqual([metered?.ending, more.length], [one.ending ?? "completed", 0]);
        const { inputTokens, cachedInputTokens, outputTokens } = metered?.usage ?? {};
        assert.deepEqual([inputTokens, cachedInputTokens, outputTokens], [...one.usage]);
        assert.equal(metered?.usageSource, one.source);
      });
    }
    assert.match(world.logged(), /less than what it delivered/);
  } finally {
    await world.close();
  }
});
