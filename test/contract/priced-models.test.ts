import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCatalogue, SHIPPED_PRICES } from "../../services/ledger/src/prices/load.ts";
import { PROVIDERS } from "../../services/provider-adapter/src/providers/registry.ts";

const providers = Object.entries(PROVIDERS).map(([name, make]) => ({
  name,
  provider: make({ baseUrl: undefined, abandon: undefined }),
}));

/** Those with fees that no usage tells of: a request for them is refused unless the installation prices them. */
const WITHOUT = new Set(["openai/gpt-4o-search-preview"]);

test("every built-in model has a price today", async () => {
  const catalogue = await loadCatalogue([SHIPPED_PRICES]);
  const unpriced = providers.flatMap(({ provider }) =>
    provider.models.map(({ priceId }) => priceId).filter((id) => catalogue.at(id, Date.now()) === undefined),
  );
  assert.deepEqual(new Set(unpriced), WITHOUT);
});

test("Anthropic's models at Vertex cost a tenth more in a location of their own", async () => {
  const catalogue = await loadCatalogue([SHIPPED_PRICES]);
  const make = PROVIDERS["vertex"];
  assert.ok(make !== undefined);
  const pricesAt = (location: string) =>
    make({ baseUrl: undefined, abandon: undefined, place: { location } }).models.map(({ id, priceId }) => ({
      id,
      rates: catalogue.at(priceId, Date.now())?.rates,
    }));
  const anywhere = pricesAt("global");
  for (const [index, { id, rates }] of pricesAt("europe-west4").entries()) {
    const usual = anywhere[index]?.rates;
    const share = id.startsWith("claude-") ? 11n : 10n;
    assert.ok(usual?.input !== undefined && usual.output !== undefined, id);
    assert.deepEqual([rates?.input, rates?.output], [(usual.input * share) / 10n, (usual.output * share) / 10n], id);
  }
});

test("a model's names are its own, and its limits are told", () => {
  for (const { name, provider } of providers) {
    const names = provider.models.flatMap((model) => [model.id, ...model.aliases]);
    assert.deepEqual(
      names.filter((one, index) => names.indexOf(one) !== index),
      [],
      name,
    );
    for (const { contextTokens, maxOutputTokens, taskBound, priceId } of provider.models) {
      // What is asked beside chats has an answer of a given size, and mostly no text that could be too long.
      assert.ok(taskBound !== undefined || (contextTokens > 0 && maxOutputTokens > 0), priceId);
    }
  }
});

test("a key of a provider is refused in the environment under a name of one provider only", () => {
  const variables = providers.flatMap(({ provider }) => provider.environmentVariables);
  assert.deepEqual(
    variables.filter((one, index) => variables.indexOf(one) !== index),
    [],
  );
});

test("no price is beyond what anybody asks: reading a cache costs no more than the prompt, writing one for an hour more than for minutes", async () => {
  const { prices } = await loadCatalogue([SHIPPED_PRICES]);
  const dollars = (rate: bigint | undefined): number | undefined =>
    rate === undefined ? undefined : Number(rate) / 1_000_000_000;
  const odd = prices.flatMap(({ id, rates, longContext = [], tiers = {} }) => {
    const all = [rates, ...longContext.map((long) => long.rates), ...Object.values(tiers).map((tier) => tier.rates)];
    return all.every((each) => {
      const [input = 0, output = 0] = [dollars(each.input), dollars(each.output)];
      const cached = dollars(each.cachedInput) ?? 0;
      const [short, long] = [dollars(each.cacheWrite5m), dollars(each.cacheWrite1h)];
      const writes = short === undefined || long === undefined || (long > short && short > cached);
      return input <= 1_000 && output <= 1_000 && cached <= Math.max(input, 0) && writes;
    })
      ? []
      : [id];
  });
  assert.deepEqual(odd, []);
});

test("a reseller's models that search by themselves cost the search too", async () => {
  const catalogue = await loadCatalogue([SHIPPED_PRICES]);
  const searching = catalogue.prices.filter(({ priceId }) => /(^|\/)sonar(-|$)/.test(priceId));
  const free = searching.filter(({ rates, requestFeesMost }) => rates.request === undefined && !requestFeesMost);
  assert.ok(searching.length >= 8);
  assert.deepEqual(free, []);
});
