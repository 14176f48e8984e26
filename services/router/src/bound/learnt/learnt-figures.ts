import type { Metrics } from "@sluice/platform/metrics";
import { AnswerLength } from "./answer-length.ts";
import { Family, type SaidPrompt } from "./family.ts";
import type { LearntState } from "./state.ts";

/** Most families and models something is learnt about: their names come from configuration, but nothing grows without end. */
const ENTRIES_MAX = 2_000;

/** What usage has taught this process: how prompts compare with their estimates, and how long answers are. */
export class LearntFigures {
  readonly #families = new Map<string, Family>();
  readonly #lengths = new Map<string, AnswerLength>();
  readonly #metrics: Pick<Metrics, "counter" | "readGauge"> | undefined;
  /** True if something was learnt since the state was last taken. */
  changed = false;

  constructor(metrics?: Pick<Metrics, "counter" | "readGauge">, state?: LearntState) {
    this.#metrics = metrics;
    for (const [family, stored] of Object.entries(state?.families ?? {})) this.#enter(family, Family.restore(stored));
    for (const [model, stored] of Object.entries(state?.lengths ?? {}))
      this.#lengths.set(model, AnswerLength.restore(stored));
  }

  /** What is known of a family; undefined while nothing is. */
  family(family: string): Family | undefined {
    return this.#families.get(family);
  }

  /** Tokens an answer of a model is expected to take within its bound. */
  answerTokens(model: string, bound: number): number {
    return (this.#lengths.get(model) ?? new AnswerLength()).expected(bound);
  }

  /** Notes how many tokens a prompt really had, as its provider says. */
  notePrompt(family: string, said: SaidPrompt, really: number): void {
    let known = this.#families.get(family);
    if (known === undefined) {
      if (this.#families.size >= ENTRIES_MAX) return;
      known = this.#enter(family, new Family());
    }
    this.changed = true;
    known.observe(said, really);
    if (really <= said.bound) return;
    this.#metrics
      ?.counter({
        name: "sluice_router_input_bound_misses_total",
        help: "Prompts with more tokens than their bound, by tokenizer family.",
        labels: ["family"],
      })
      .with({ family })
      .add();
  }

  noteAnswer(model: string, tokens: number): void {
    let length = this.#lengths.get(model);
    if (length === undefined) {
      if (this.#lengths.size >= ENTRIES_MAX) return;
      length = new AnswerLength();
      this.#lengths.set(model, length);
    }
    this.changed = true;
    length.observe(tokens);
  }

  /** Everything learnt, to be kept over a restart. */
  state(): LearntState {
    const families = Object.fromEntries([...this.#families].map(([name, family]) => [name, family.store()]));
    const lengths = Object.fromEntries([...this.#lengths].map(([model, length]) => [model, length.store()]));
    return { version: 2, families, lengths };
  }

  #enter(name: string, family: Family): Family {
    this.#families.set(name, family);
    const ratio = {
      name: "sluice_router_input_ratio",
      help: "Tokens of prompts as reported, over the estimate at most, by tokenizer family.",
      labels: ["family", "quantile"],
    } as const;
    for (const share of [0.5, 0.9999]) {
      this.#metrics?.readGauge(ratio, { family: name, quantile: String(share) }, () => family.ratio.quantile(share));
    }
    const factor = {
      name: "sluice_router_input_factor",
      help: "Factor by which estimates of prompts are bounded, by tokenizer family.",
      labels: ["family"],
    } as const;
    this.#metrics?.readGauge(factor, { family: name }, () => family.ratio.upper);
    return family;
  }
}
