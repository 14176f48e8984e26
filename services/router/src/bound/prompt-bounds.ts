import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { UsageSource } from "@sluice/proto/common/v1/usage";
import type { CatalogModel, GenerateTail, Tokenizer } from "@sluice/proto/provider/v1/provider_service";
import { type CountedPrompt, countPrompt } from "./count-prompt.ts";
import { besideText, NO_RULE, unboundedIn } from "./input-bound.ts";
import type { SaidPrompt } from "./learnt/family.ts";
import type { LearntFigures } from "./learnt/learnt-figures.ts";
import { type Prompt, readPrompt } from "./prompt.ts";
import { tokensIn } from "./tokens/tally.ts";
import type { Vocabularies } from "./tokens/vocabularies.ts";
import { mannerOf, weigh } from "./weigh.ts";

/** How a bound is known: counted with the model's own vocabulary, estimated with what usage taught, or guaranteed by the bytes. */
export type BoundMethod = "exact" | "calibrated" | "bytes";

/** What is said of a prompt before it is sent. */
export interface PromptBound {
  /** Tokens it is expected to have. */
  readonly expected: number;
  /** Tokens that are held for it. */
  readonly tokens: number;
  readonly method: BoundMethod;
  readonly unbounded: readonly string[];
  /** What its usage will be compared with; undefined if nothing can be learnt from it. */
  readonly lesson: { readonly family: string; readonly said: SaidPrompt } | undefined;
}

/** Factor up to which an exact count is taken to be one: what rounding and margins make of 1. */
const STILL_EXACT = 1.021;
/** Bytes of a token of ordinary text, where no vocabulary is known. */
const BYTES_PER_TOKEN = 4;
/** Observations of a family without weights before bytes are not all that bounds it. */
const LEARNT_FROM = 1_000;
/** Prompts with tools or a schema are told in the template's own words, so they are learnt apart. */
const STRUCTURED = "+tools";
/** So are texts unlike most, or a habit of usual text would be held against them. */
const APART = { usual: "", unusual: "+unusual", repeats: "+repeats" } as const;

/** A request's prompt, and what it has in tokens of the vocabulary that was asked for last. */
interface ReadPrompt {
  readonly prompt: Prompt;
  vocabulary: string;
  counted: CountedPrompt | undefined;
}

/** Bounds prompts, and learns from what providers report. */
export class PromptBounds {
  readonly #mode: "bytes" | "calibrated";
  readonly #vocabularies: Vocabularies;
  readonly #figures: LearntFigures;
  /** Failover and hedges ask about the same request again. */
  readonly #prompts = new WeakMap<ChatRequest, ReadPrompt>();

  constructor(options: {
    readonly mode: "bytes" | "calibrated";
    readonly vocabularies: Vocabularies;
    readonly figures: LearntFigures;
  }) {
    this.#mode = options.mode;
    this.#vocabularies = options.vocabularies;
    this.#figures = options.figures;
  }

  /** Waits until what a model's prompts are counted with is loaded, so that the next bound is as close as it can be. */
  async ready(model: CatalogModel): Promise<void> {
    const vocabulary = model.inputBound?.tokenizer?.vocabulary ?? "";
    if (this.#mode === "calibrated") await this.#vocabularies.ready(vocabulary);
  }

  /** Bounds a request's prompt on one model. A promise only if it is long, or its vocabulary had to be counted in turns. */
  bound(chat: ChatRequest, model: CatalogModel): PromptBound | Promise<PromptBound> {
    const read = this.#read(chat);
    const { prompt } = read;
    const tokenizer = model.inputBound?.tokenizer;
    const counter =
      this.#mode === "bytes" || tokenizer === undefined ? undefined : this.#vocabularies.now(tokenizer.vocabulary);
    if (tokenizer === undefined || counter === undefined) return this.#byBytes(prompt, model);
    const { vocabulary } = tokenizer;
    const known = read.vocabulary === vocabulary ? read.counted : undefined;
    const counted = known ?? countPrompt(prompt, counter);
    const conclude = (done: CountedPrompt): PromptBound => {
      read.vocabulary = vocabulary;
      read.counted = done;
      return this.#byTokens(prompt, model, { tokenizer, counted: done });
    };
    return counted instanceof Promise ? counted.then(conclude) : conclude(counted);
  }

  /** Compares what was said of a prompt, and how long its answer was, with what the provider reports. */
  learn(attempt: { readonly prompt: PromptBound; readonly candidate: CatalogModel }, tail: GenerateTail, n = 1): void {
    const { usage, usageSource, error } = tail;
    const counted =
      usageSource === UsageSource.USAGE_SOURCE_PROVIDER || usageSource === UsageSource.USAGE_SOURCE_DRAINED;
    if (usage === undefined || !counted) return;
    const read = sum(usage.inputTokens, usage.cachedInputTokens, usage.cacheWrite5mTokens, usage.cacheWrite1hTokens);
    const { lesson } = attempt.prompt;
    // A report without input tokens is no report of the prompt.
    if (lesson !== undefined && read > 0) this.#figures.notePrompt(lesson.family, lesson.said, read);
    const written = Number(usage.outputTokens ?? 0n);
    if (error === undefined && written > 0) this.#figures.noteAnswer(nameOf(attempt.candidate), written / n);
  }

  #read(chat: ChatRequest): ReadPrompt {
    let read = this.#prompts.get(chat);
    if (read === undefined) {
      read = { prompt: readPrompt(chat), vocabulary: "", counted: undefined };
      this.#prompts.set(chat, read);
    }
    return read;
  }

  #byBytes(prompt: Prompt, model: CatalogModel): PromptBound {
    const rule = model.inputBound ?? NO_RULE;
    const beside = besideText(prompt, rule);
    const unbounded = unboundedIn(prompt, rule);
    const { tokenizer } = rule;
    if (tokenizer?.vocabulary === "bytes") {
      const tokens = prompt.bytes + beside;
      return { expected: tokens, tokens, method: "exact", unbounded, lesson: undefined };
    }
    const family = `${tokenizer?.family ?? nameOf(model)}${prompt.structured ? STRUCTURED : ""}`;
    const known = this.#figures.family(family);
    const most = prompt.bytes + beside + (known?.extra ?? 0);
    const guess = prompt.bytes / BYTES_PER_TOKEN + beside;
    // Where a vocabulary is only not loaded yet, bytes are another measure than the one that is learnt by.
    const learns = tokenizer === undefined && this.#mode === "calibrated";
    const closer = learns && known !== undefined && known.ratio.seen >= LEARNT_FROM;
    const held = closer ? Math.min(most, Math.ceil(prompt.bytes * known.ratio.upper) + beside + known.extra) : most;
    const expected = Math.min(held, Math.ceil(guess * (learns ? (known?.usual ?? 1) : 1)));
    const said = { text: prompt.bytes, beside, expected: guess, bound: held };
    const lesson = learns && this.#teaches(prompt, unbounded) ? { family, said } : undefined;
    return { expected, tokens: held, method: closer ? "calibrated" : "bytes", unbounded, lesson };
  }

  #byTokens(
    prompt: Prompt,
    model: CatalogModel,
    by: { readonly tokenizer: Tokenizer; readonly counted: CountedPrompt },
  ): PromptBound {
    const { tokenizer, counted } = by;
    const rule = model.inputBound ?? NO_RULE;
    const beside = besideText(prompt, rule);
    const unbounded = unboundedIn(prompt, rule);
    const text = tokenizer.exact ? tokensIn(counted.tally) : weigh(counted.tally, tokenizer.mostPermille);
    const usual = tokenizer.exact ? text : weigh(counted.tally, tokenizer.expectedPermille);
    const manner = tokenizer.exact ? "usual" : mannerOf(counted.tally, tokenizer.mostPermille, text);
    const family = `${tokenizer.family}${prompt.structured ? STRUCTURED : ""}${APART[manner]}`;
    const known = this.#figures.family(family);
    const learnt = factorOf(known?.ratio.upper ?? 1, tokenizer.exact);
    // Of what repeats, a thousand prompts of one tool say nothing of the next one's: usage only raises their bound.
    const factor = manner === "repeats" ? Math.max(1, learnt) : learnt;
    const closer = Math.ceil(text * factor) + beside + counted.bytesLeft + (known?.extra ?? 0);
    // What a template adds unasked is in no text, so bytes do not bound it.
    const most = prompt.bytes + beside + (known?.extra ?? 0);
    const tokens = Math.min(closer, most);
    const guess = usual + beside + counted.bytesLeft / BYTES_PER_TOKEN;
    const said = { text, beside, expected: guess, bound: tokens };
    const exact =
      tokenizer.exact && !prompt.structured && factor === 1 && counted.tally.cut === 0 && counted.bytesLeft === 0;
    return {
      expected: Math.min(tokens, exact ? Math.ceil(guess) : Math.ceil(guess * (known?.usual ?? 1))),
      tokens,
      method: exact ? "exact" : closer < most ? "calibrated" : "bytes",
      unbounded,
      lesson: this.#teaches(prompt, unbounded) && counted.bytesLeft === 0 ? { family, said } : undefined,
    };
  }

  /** Pictures and what is read from elsewhere say nothing about how text is cut. */
  #teaches(prompt: Prompt, unbounded: readonly string[]): boolean {
    return prompt.images === 0 && prompt.opaqueBytes === 0 && unbounded.length === 0;
  }
}

function factorOf(learnt: number, exact: boolean): number {
  if (!exact) return learnt;
  return learnt > STILL_EXACT ? learnt : 1;
}

const nameOf = ({ provider, model }: CatalogModel): string => `${provider}/${model}`;

function sum(...amounts: readonly (bigint | undefined)[]): number {
  let total = 0;
  for (const amount of amounts) total += Number(amount ?? 0n);
  return total;
}
