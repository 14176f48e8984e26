import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createLogger } from "@sluice/platform/log";
import { createMetrics } from "@sluice/platform/metrics";
import { ChatRequest, type Message, Role } from "@sluice/proto/chat/v1/chat";
import { UsageSource } from "@sluice/proto/common/v1/usage";
import { CatalogModel, GenerateTail, type Tokenizer } from "@sluice/proto/provider/v1/provider_service";
import { keepFigures } from "./learnt/keep-state.ts";
import { LearntFigures } from "./learnt/learnt-figures.ts";
import { PromptBounds } from "./prompt-bounds.ts";
import { Vocabularies } from "./tokens/vocabularies.ts";

const log = createLogger({ level: "silent", service: "router" });
const vocabularies = new Vocabularies(log);
await vocabularies.ready("o200k_base");

const makeBounds = (mode: "bytes" | "calibrated" = "calibrated", figures = new LearntFigures()) =>
  new PromptBounds({ mode, vocabularies, figures });

const WEIGHTS = Array.from({ length: 14 }, (_, kind) => (kind < 11 ? 1_200 : 0));
const exact: Partial<Tokenizer> = { family: "exact", vocabulary: "o200k_base", exact: true };
const close: Partial<Tokenizer> = {
  family: "close",
  vocabulary: "o200k_base",
  expectedPermille: WEIGHTS.map((one) => (one * 5) / 6),
  mostPermille: WEIGHTS,
};

const model = (tokenizer?: Partial<Tokenizer>, more: object = {}) =>
  CatalogModel.fromPartial({
    provider: "a",
    model: "one",
    inputBound: { baseTokens: 10, perMessageTokens: 4, toolsTokens: 100, perCallTokens: 8, tokenizer, ...more },
  });

const say = (text: string, more: object = {}, parts: Message["parts"] = []) =>
  ChatRequest.fromPartial({
    messages: [{ role: Role.ROLE_USER, parts: [{ kind: { $case: "text", value: text } }, ...parts] }],
    ...more,
  });

const reported = (inputTokens: number, more: object = {}) =>
  GenerateTail.fromPartial({
    usage: { inputTokens: BigInt(inputTokens), outputTokens: 50n },
    usageSource: UsageSource.USAGE_SOURCE_PROVIDER,
    ...more,
  });

const PROSE = "The quick brown fox jumps over the lazy dog. ".repeat(40);
const PROSE_TOKENS = 401;

test("a model's own vocabulary counts exactly, weights estimate, bytes guarantee", async () => {
  const bounds = makeBounds();
  const told = await Promise.all([exact, close, undefined].map((one) => bounds.bound(say(PROSE), model(one))));
  assert.deepEqual(
    told.map(({ tokens, method }) => [tokens, method]),
    [
      [PROSE_TOKENS + 14, "exact"],
      [Math.ceil(PROSE_TOKENS * 1.2) + 14, "calibrated"],
      [PROSE.length + 14, "bytes"],
    ],
  );
  assert.equal(told[1]?.expected, PROSE_TOKENS + 14);
});

test("bytes are all that counts where configuration says so, and they cap every estimate", async () => {
  const bytes = await makeBounds("bytes").bound(say(PROSE), model(exact));
  assert.deepEqual([bytes.tokens, bytes.method, bytes.lesson], [PROSE.length + 14, "bytes", undefined]);
  const capped = await makeBounds().bound(
    say("x ".repeat(9)),
    model({ ...close, mostPermille: WEIGHTS.map(() => 9_000) }),
  );
  assert.deepEqual([capped.tokens, capped.method], [18 + 14, "bytes"]);
});

test("a vocabulary that is not loaded yet leaves the bytes, and keeps nobody waiting", () => {
  const cold = new PromptBounds({
    mode: "calibrated",
    vocabularies: new Vocabularies(log),
    figures: new LearntFigures(),
  });
  const told = cold.bound(say(PROSE), model(exact));
  assert.ok(!(told instanceof Promise));
  assert.equal(told.method, "bytes");
});

test("tools, calls and pictures are no exact matter; nothing is learnt from pictures", async () => {
  const bounds = makeBounds();
  const tools = await bounds.bound(say("Hi", { tools: [{ name: "now" }] }), model(exact));
  assert.equal(tools.method, "calibrated");
  assert.ok(tools.tokens <= 2 + 4 + 10 + 8 + 100);
  assert.equal(tools.lesson?.family, "exact+tools");
  const image = { kind: { $case: "image" as const, value: { media: undefined } } } as Message["parts"][number];
  const seen = await bounds.bound(say("Hi", {}, [image]), model(exact, { perImageTokens: 85 }));
  assert.equal(seen.tokens, 1 + 14 + 85);
  assert.equal(seen.lesson, undefined);
});

test("usage teaches the factor; what nobody counted, or a cache hides nothing of, is told apart", async () => {
  const figures = new LearntFigures();
  const bounds = makeBounds("calibrated", figures);
  const learn = async (really: number, more: object = {}) => {
    const prompt = await bounds.bound(say(PROSE), model(close));
    bounds.learn({ prompt, candidate: model(close) }, reported(really, more));
    return prompt.tokens;
  };
  for (const more of [{ usage: undefined }, { usageSource: UsageSource.USAGE_SOURCE_COUNTED }])
    await learn(9_999, more);
  assert.equal(figures.family("close"), undefined);
  for (let round = 0; round < 12_000; round++) await learn(PROSE_TOKENS + 14);
  const learnt = await learn(PROSE_TOKENS + 14);
  assert.ok(learnt >= PROSE_TOKENS + 14 && learnt <= (PROSE_TOKENS + 14) * 1.05, `${learnt}`);
  // Tokens from a cache are tokens of the prompt.
  const usage = { inputTokens: 100n, cachedInputTokens: 300n, cacheWrite5mTokens: 15n, outputTokens: 1n };
  await learn(0, { usage });
  assert.ok(Math.abs((figures.family("close")?.ratio.quantile(0.5) ?? 0) - PROSE_TOKENS / (PROSE_TOKENS * 1.2)) < 0.02);
});

test("a miss is counted and raises what is held next", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const figures = new LearntFigures(metrics);
  const bounds = makeBounds("calibrated", figures);
  const candidate = model(exact);
  const long = await bounds.bound(say(PROSE), candidate);
  bounds.learn({ prompt: long, candidate }, reported(600));
  const next = await bounds.bound(say(PROSE), candidate);
  assert.ok(next.tokens >= 600 && next.method === "calibrated", `${next.tokens} ${next.method}`);
  const short = await bounds.bound(say("Hi"), candidate);
  bounds.learn({ prompt: short, candidate }, reported(90));
  // The bytes of a short text bound its text; what the template adds unasked is beside them.
  const again = await bounds.bound(say("Hi"), candidate);
  assert.ok(again.tokens >= 90 && again.tokens < 110, `${again.tokens}`);
  const { body } = await metrics.render();
  assert.match(body, /sluice_router_input_bound_misses_total\{family="exact"\} 2/);
  assert.match(body, /sluice_router_input_ratio\{family="exact",quantile="0.9999"\} 1\.4/);
});

test("a model nothing is known of is bounded by its bytes until a thousand prompts have taught better", async () => {
  const figures = new LearntFigures();
  const bounds = makeBounds("calibrated", figures);
  const candidate = CatalogModel.fromPartial({ provider: "own", model: "local" });
  for (let round = 0; round < 1_200; round++) {
    const prompt = await bounds.bound(say(PROSE), candidate);
    if (round < 1_000) assert.equal(prompt.method, "bytes");
    bounds.learn({ prompt, candidate }, reported(PROSE_TOKENS));
  }
  const told = await bounds.bound(say(PROSE), candidate);
  assert.equal(told.method, "calibrated");
  assert.ok(told.tokens >= PROSE_TOKENS && told.tokens < PROSE.length, `${told.tokens}`);
});

test("a prompt of megabytes is counted in turns, and its rest by bytes", async () => {
  const long = PROSE.repeat(1_500);
  const told = makeBounds().bound(say(long), model(exact));
  assert.ok(told instanceof Promise);
  const { tokens, method, lesson } = await told;
  assert.ok(tokens < long.length && tokens > PROSE_TOKENS * 1_000);
  assert.deepEqual([method, lesson], ["calibrated", undefined]);
});

test("what was learnt outlives the process; a file that cannot be read is begun anew", async (context) => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "sluice-figures-"));
  context.after(() => rm(dataDirectory, { recursive: true }));
  const metrics = createMetrics({ processMetrics: false });
  const kept = await keepFigures({ dataDirectory, metrics, log });
  const said = { text: 400, beside: 14, expected: 414, bound: 414 };
  for (let round = 0; round < 300; round++) kept.figures.notePrompt("close", said, 614);
  for (let round = 0; round < 10; round++) kept.figures.noteAnswer("a/one", 70);
  await kept.stop();
  const path = join(dataDirectory, "router", "learnt-figures.json");
  assert.match(await readFile(path, "utf8"), /"close"/);
  const again = await keepFigures({ dataDirectory, metrics, log });
  assert.equal(again.figures.family("close")?.ratio.upper, kept.figures.family("close")?.ratio.upper);
  assert.equal(again.figures.answerTokens("a/one", 1_000), 70);
  assert.equal(again.figures.answerTokens("a/other", 1_000), 125);
  await again.stop();
  await writeFile(path, '{"version":1,"families":{"close":{"usual":"x"}}}');
  const anew = await keepFigures({ dataDirectory, metrics, log });
  assert.equal(anew.figures.family("close"), undefined);
  await anew.stop();
});

test("what usage teaches of usual text lowers the bound of usual text alone", async () => {
  const bounds = makeBounds();
  const most = [...WEIGHTS.map((_, kind) => (kind < 11 ? 1_200 : 0)), 1_200, 1_200, 1_200, 0, 0, 0, 0, 900, 400];
  const candidate = model({ ...close, mostPermille: most });
  const loop = say(" farewell".repeat(500));
  const signs = say("∑≤π ".repeat(20) + "∫√∞ → ⇒ ∂ ".repeat(40));
  const before = await Promise.all(
    [PROSE, loop, signs].map((one) => bounds.bound(typeof one === "string" ? say(one) : one, candidate)),
  );
  for (let at = 0; at < 3_000; at++) {
    const prompt = await bounds.bound(say(`${PROSE}${at}`), candidate);
    bounds.learn({ prompt, candidate }, reported(PROSE_TOKENS));
  }
  const after = await Promise.all(
    [PROSE, loop, signs].map((one) => bounds.bound(typeof one === "string" ? say(one) : one, candidate)),
  );
  const shares = after.map(({ tokens }, at) => tokens / (before[at]?.tokens ?? 1));
  assert.ok((shares[0] ?? 1) < 0.97, `${shares[0]}`);
  assert.deepEqual(shares.slice(1), [1, 1]);
});
