import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "@sluice/platform/log";
import { LearntFigures } from "../../services/router/src/bound/learnt/learnt-figures.ts";
import { PromptBounds } from "../../services/router/src/bound/prompt-bounds.ts";
import { emptyTally, tokensIn } from "../../services/router/src/bound/tokens/tally.ts";
import { Vocabularies } from "../../services/router/src/bound/tokens/vocabularies.ts";
import { compareBounds } from "./bounds/compare-bounds.ts";
import { hostileMaterial } from "./bounds/hostile-material.ts";
import { hostileTexts } from "./bounds/hostile-texts.ts";

const SEED = 20_261_123;
const TEXTS = 3_000;
const vocabularies = new Vocabularies(createLogger({ level: "silent", service: "router" }));

for (const { name, model, truth, template } of [
  { name: "exact: the model's own vocabulary", model: "gpt-4", truth: "cl100k_base", template: 7 },
  {
    name: "weights for anyone, truth by one of the vocabularies they were fitted to",
    model: "glm-5",
    truth: "cl100k_base",
    template: 8,
  },
]) {
  test(`loops, salads, codes and rare scripts stay below their bound; ${name}`, async (context) => {
    const counter = await vocabularies.ready(truth);
    assert.ok(counter);
    const texts = hostileTexts(SEED, TEXTS, hostileMaterial()).map(({ kind, text }) => {
      const tally = emptyTally();
      counter.add(text, tally);
      return { kind, text, tokens: tokensIn(tally) };
    });
    const bounds = new PromptBounds({ mode: "calibrated", vocabularies, figures: new LearntFigures() });
    const { misses, median } = await compareBounds(bounds, { model, texts, template });
    context.diagnostic(
      `${TEXTS} texts, ${misses.length} missed; bound at the median ${median.toFixed(2)} times the truth`,
    );
    for (const miss of misses) context.diagnostic(`  ${miss}`);
    assert.deepEqual(misses, []);
  });
}
