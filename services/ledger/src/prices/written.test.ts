import assert from "node:assert/strict";
import { test } from "node:test";
import { Catalogue } from "./catalogue.ts";
import { loadCatalogue, SHIPPED_PRICES } from "./load.ts";
import type { Override } from "./override.ts";
import { overrideFromText, overrideText, priceFromText, priceText } from "./written.ts";

/** What is absent may be told as undefined or not at all. */
const told = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each)));

test("every version of the catalogue is what its text remembers", async () => {
  const { prices } = await loadCatalogue([SHIPPED_PRICES]);
  for (const price of prices) assert.deepEqual(told(priceFromText(priceText(price))), told(price), price.id);
});

test("an organisation's own price is what its text remembers, names of digits included", () => {
  const own = { id: "2026", tenant: "42", match: "x/*", validFrom: 5 };
  const rates = { input: 7n, serverTools: { id: 9n } };
  const tier = { rates, longContext: [{ aboveInputTokens: 3n, rates }] };
  const overrides: readonly Override[] = [
    { ...own, share: 900_000n },
    { ...own, tier },
  ];
  for (const override of overrides) assert.deepEqual(told(overrideFromText(overrideText(override))), told(override));
});

test("a remembered version is known by its id, and is in force for nobody", () => {
  const price = { priceId: "x/y", id: "x/y@1", validFrom: 0, rates: { input: 2n, output: 4n } };
  const override: Override = { id: "acme-1", tenant: "acme", match: "x/y", validFrom: 0, share: 500_000n };
  const catalogue = new Catalogue([]);
  catalogue.remember([price], [override]);
  assert.equal(catalogue.version("x/y@1")?.rates.output, 4n);
  assert.equal(catalogue.version("x/y@1+acme-1")?.rates.output, 2n);
  assert.equal(catalogue.at("x/y", 1, "acme"), undefined);
});
