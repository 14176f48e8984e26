import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { createLogger } from "@sluice/platform/log";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import { inputBoundOf } from "../../services/provider-adapter/src/providers/tokenizers.ts";
import { LearntFigures } from "../../services/router/src/bound/learnt/learnt-figures.ts";
import { PromptBounds } from "../../services/router/src/bound/prompt-bounds.ts";
import { Vocabularies } from "../../services/router/src/bound/tokens/vocabularies.ts";
import { recordedPrompts } from "./bounds/recorded-prompts.ts";

const FOLDER = resolve(import.meta.dirname, "../../../shared/fixtures");

/** Bounds as a process has them that has learnt nothing yet. */
const bounds = new PromptBounds({
  mode: "calibrated",
  vocabularies: new Vocabularies(createLogger({ level: "silent", service: "router" })),
  figures: new LearntFigures(),
});

/** True for a conversation without tools and schemas. */
const isText = ({ tools, responseFormat, extraJson, messages }: ChatRequest): boolean =>
  tools.length === 0 &&
  responseFormat === undefined &&
  extraJson === "" &&
  messages.every(({ parts }) => parts.every(({ kind }) => kind?.$case === "text"));

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

test("recorded prompts are bounded from above, and closely", async (context) => {
  const prompts = recordedPrompts(FOLDER);
  if (prompts.length === 0) return context.diagnostic(`no recordings at ${FOLDER}: nothing compared`);
  const rows = new Map<string, { excess: number[]; long: number[]; misses: string[] }>();
  for (const { name, model, chat, tokens } of prompts) {
    const entry = CatalogModel.fromPartial({ provider: "any", model, inputBound: inputBoundOf(model) });
    await bounds.ready(entry);
    const said = await bounds.bound(chat, entry);
    const family = `${entry.inputBound?.tokenizer?.family ?? "by bytes"}${chat.tools.length > 0 ? ", tools" : ""}`;
    const row = rows.get(family) ?? { excess: [], long: [], misses: [] };
    rows.set(family, row);
    row.excess.push(said.tokens / tokens);
    if (tokens > 200 && isText(chat)) row.long.push(said.tokens / tokens);
    if (said.tokens < tokens) row.misses.push(`${name}: ${tokens} tokens, bound ${said.tokens} (${said.method})`);
  }
  for (const [family, { excess, long, misses }] of [...rows].sort()) {
    const close = long.length === 0 ? "" : `, over 200 tokens ${long.length}: ${median(long).toFixed(2)}`;
    context.diagnostic(
      `${family}: ${excess.length} prompts, median ${median(excess).toFixed(2)} times the truth${close}`,
    );
    for (const miss of misses) context.diagnostic(`  above its bound: ${miss}`);
  }
  const all = [...rows].filter(([family]) => family !== "by bytes").flatMap(([, { long }]) => long);
  context.diagnostic(`text prompts over 200 tokens: ${all.length}, median ${median(all).toFixed(3)} times the truth`);
  assert.ok(median(all) <= 1.25);
  assert.deepEqual(
    [...rows.values()].flatMap(({ misses }) => misses),
    [],
  );
});
