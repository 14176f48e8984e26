import assert from "node:assert/strict";
import { test } from "node:test";
import { costLine } from "../../services/launcher/src/commands/cost/cost-line.ts";
import { translateLine } from "../../services/launcher/src/commands/translate/translate-line.ts";
import { cost } from "../../services/ledger/src/prices/cost.ts";
import { loadCatalogue, SHIPPED_PRICES } from "../../services/ledger/src/prices/load.ts";
import { readRecording } from "../../services/provider-adapter/src/recordings/read-recording.ts";
import { recordedStream } from "../../services/provider-adapter/src/recordings/recorded-stream.ts";
import { RECORDINGS, type RecordedUsage, recordedUsages } from "./golden/recorded-usage.ts";

const AT = "2026-09-01T00:00:00Z";
/** Wires whose live readers know them, so that three ways to the same bill can be compared. */
const READ = new Set(["chat", "completions", "messages", "responses", "generate_content"]);

const catalogue = await loadCatalogue([SHIPPED_PRICES]);
const all = recordedUsages();
const priced = all.filter(
  ({ provider, model }) => catalogue.find(`${provider}/${model}`, Date.parse(AT)) !== undefined,
);
const skip = all.length === 0 ? `no recordings at ${RECORDINGS}` : false;

interface Line {
  readonly cost_nanousd?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

function lineOf({ provider, model }: RecordedUsage, usage: unknown): Line {
  const text = JSON.stringify({ id: 1, model: `${provider}/${model}`, usage, at: AT });
  return JSON.parse(costLine({ text }, { catalogue, org: undefined }).text) as Line;
}

/** Behind Google's chat door thoughts stand in the total alone; the gateway goes through its other door. */
const otherDoor = ({ provider, api }: RecordedUsage): boolean => provider === "gemini" && api === "chat";

/** Calls of tools and summaries on the way stand in the provider's own usage alone. */
function hasExtras({ usage }: RecordedUsage): boolean {
  const text = JSON.stringify(usage);
  return /server_tool_use|server_side_tool|compaction|ephemeral_1h_input_tokens":[1-9]|search_context_size/.test(text);
}

test("what recorded answers used has a price, or a reason why not that names what is wrong", { skip }, (t) => {
  const refused = priced.map((each) => ({ each, line: lineOf(each, each.usage) })).filter(({ line }) => line.error);
  for (const { each, line } of refused) {
    const why = /is negative|smaller than the sum|lacks|has no rate for|no field that says/;
    assert.match(line.error?.message ?? "", why, each.name);
  }
  t.diagnostic(`${priced.length - refused.length} of ${priced.length} recordings of priced models have a cost`);
  assert.ok(refused.length <= priced.length * 0.03, `${refused.length} of ${priced.length} refused`);
});

test("the bill of an answer is the same by its usage, by the live reader and in OpenAI's shape", { skip }, (t) => {
  let compared = 0;
  for (const each of priced.filter(({ api }) => READ.has(api))) {
    const line = lineOf(each, each.usage);
    if (line.cost_nanousd === undefined || hasExtras(each) || otherDoor(each)) continue;
    const { provider, api, response, model, name } = each;
    const live = readRecording({
      provider,
      api,
      response: { ...response, headers: response.headers ?? {}, stream: recordedStream(response) },
    });
    const price = catalogue.find(`${provider}/${model}`, Date.parse(AT));
    if (live.usage === undefined || live.problems.length > 0 || price === undefined) continue;
    assert.equal(Number(cost(live.usage, price)), line.cost_nanousd, `${name}: live`);
    const { usage } = JSON.parse(translateLine({ text: JSON.stringify(each) }).text) as { usage: unknown };
    assert.equal(lineOf(each, usage).cost_nanousd, line.cost_nanousd, `${name}: translated`);
    compared += 1;
  }
  t.diagnostic(`${compared} recordings compared`);
  assert.ok(compared > 500);
});

test("where a provider says what it charged, that is what its usage costs", { skip }, (t) => {
  const told = priced.flatMap((each) => {
    const ticks = each.usage["cost_in_usd_ticks"];
    const { cost_nanousd: ours } = lineOf(each, each.usage);
    // Ten ticks are a nano-USD; the shared catalogue may be newer than a recording of a model whose price changed since.
    return typeof ticks === "number" && ours !== undefined ? [{ name: each.name, ours, theirs: ticks / 10 }] : [];
  });
  const same = told.filter(({ ours, theirs }) => ours === theirs);
  t.diagnostic(`${same.length} of ${told.length} agree to the nano-dollar`);
  assert.deepEqual(
    told.filter((each) => !same.includes(each)),
    [],
  );
  assert.ok(same.length > 10);
});
