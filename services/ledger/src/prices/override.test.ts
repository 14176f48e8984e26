import assert from "node:assert/strict";
import { test } from "node:test";
import { Catalogue } from "./catalogue.ts";
import { parseCatalogueFile } from "./catalogue-file.ts";
import { isAddition, priceText } from "./written.ts";

const FILE = `
provider: acme
provider_aliases: [acme-cloud]
source: contract
retrieved: "2026-01-01"
prices:
  - price_id: acme/large
    aliases: [acme/large-latest]
    versions:
      - version: "1"
        valid_from: "2026-01-01T00:00:00Z"
        input: 2000000001
        output: 8000000000
        server_tools: { search: 1000 }
        long_context: { above_input_tokens: 10, input: 4000000000, output: 9000000000 }
        tiers: { batch: { percent: 50 } }
overrides:
  - { id: nord-1, org: org_nord, price_id: "acme/*", valid_from: "2026-02-01T00:00:00Z", discount_percent: 12.5 }
  - { id: nord-2, org: org_nord, price_id: acme/large, valid_from: "2026-03-01T00:00:00Z", multiplier: 0.5 }
  - { id: sud, org: org_sud, price_id: acme/own, valid_from: "2026-01-01T00:00:00Z", rates: { input: 7, output: 9 } }
`;

function catalogueOf(text: string): Catalogue {
  const problems: string[] = [];
  const file = parseCatalogueFile("acme.yaml", text, problems);
  assert.deepEqual(problems, []);
  assert.ok(file);
  const providerAliases = new Map(file.providerAliases.map((alias) => [alias, [file.provider]]));
  return new Catalogue(file.prices, { models: file.models, overrides: file.overrides, providerAliases });
}

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);

test("an organisation pays the list price until its own is valid, and the version's id says so", () => {
  const catalogue = catalogueOf(FILE);
  assert.equal(catalogue.at("acme/large", day("2026-01-15"), "org_nord")?.id, "acme/large@1");
  const discounted = catalogue.at("acme/large", day("2026-02-15"), "org_nord");
  assert.equal(discounted?.id, "acme/large@1+nord-1");
  // 2,000,000,001 less an eighth is 1,750,000,000.875: rates are whole, and rounded up.
  assert.equal(discounted?.rates.input, 1_750_000_001n);
  assert.equal(discounted?.rates.serverTools?.["search"], 875n);
  assert.equal(discounted?.longContext?.[0]?.rates.output, 7_875_000_000n);
  assert.equal(discounted?.tiers?.["batch"]?.rates.output, 3_500_000_000n);
  assert.equal(catalogue.at("acme/large", day("2026-02-15"), "org_other")?.id, "acme/large@1");
  assert.equal(catalogue.at("acme/large", day("2026-02-15"))?.id, "acme/large@1");
});

test("an exact id wins over a pattern", () => {
  assert.equal(catalogueOf(FILE).at("acme/large", day("2026-04-01"), "org_nord")?.id, "acme/large@1+nord-2");
});

test("an override may name a model by another name of it, and is then about all of its names", () => {
  const catalogue = catalogueOf(FILE.replace("price_id: acme/large, valid", "price_id: acme/large-latest, valid"));
  for (const name of ["acme/large", "acme/large-latest"]) {
    assert.equal(catalogue.at(name, day("2026-04-01"), "org_nord")?.id, "acme/large@1+nord-2", name);
  }
});

test("a version of one organisation is found by its id alone, also after a restart and after it left the files", () => {
  const catalogue = catalogueOf(FILE);
  assert.equal(catalogue.version("acme/large@1+nord-2")?.rates.output, 4_000_000_000n);
  assert.equal(catalogue.version("acme/own@own+sud")?.rates.input, 7n);
  assert.equal(catalogue.version("acme/large@1+nobody"), undefined);
  assert.equal(catalogue.version("acme/large@2+nord-2"), undefined);
  catalogue.replace({ prices: [] });
  assert.equal(catalogue.at("acme/large", day("2026-04-01"), "org_nord"), undefined);
  assert.equal(catalogue.version("acme/large@1+nord-1")?.rates.output, 7_000_000_000n);
});

test("a model without a list price may have a price of one organisation", () => {
  const catalogue = catalogueOf(FILE);
  assert.equal(catalogue.at("acme/own", day("2026-04-01"), "org_sud")?.id, "acme/own@own+sud");
  assert.equal(catalogue.at("acme/own", day("2026-04-01"), "org_nord"), undefined);
});

test("other names of a model and of its provider find its price, and what merely looks alike does not", () => {
  const catalogue = catalogueOf(FILE);
  for (const name of ["acme/large", "acme/large-latest", "acme-cloud/large", "acme-cloud/large-latest"]) {
    assert.equal(catalogue.find(name, day("2026-04-01"))?.id, "acme/large@1");
  }
  for (const name of ["large", "acme/large-2026-01-01", "acme", "other/large", "acme-cloud/"]) {
    assert.equal(catalogue.find(name, day("2026-04-01")), undefined);
  }
  assert.equal(catalogue.modelCount, 1);
});

test("an override needs one way to say what is paid", () => {
  const problems: string[] = [];
  parseCatalogueFile("a.yaml", FILE.replace("multiplier: 0.5", "multiplier: 0.5, discount_percent: 3"), problems);
  assert.match(
    problems.join("\n"),
    /a\.yaml: overrides\.1: needs exactly one of discount_percent, multiplier and rates/,
  );
});

test("a published version may gain what it could not charge, and nothing else", () => {
  const text = (file: string): string => catalogueOf(file).prices.map(priceText).join();
  const before = text(FILE);
  const gained = (line: string): string =>
    text(FILE.replace("        output: 8000000000\n", (all) => `${all}${line}\n`));
  assert.ok(isAddition(before, gained("        audio_input: 5")));
  assert.ok(isAddition(before, text(FILE.replace("{ search: 1000 }", "{ search: 1000, fetch: 0 }"))));
  assert.ok(isAddition(before, text(FILE.replace("{ percent: 50 } }", "{ percent: 50 }, flex: { percent: 50 } }"))));
  // Cached input had cost what input costs, and a request nothing.
  assert.ok(!isAddition(before, gained("        cached_input: 5")));
  assert.ok(!isAddition(before, gained("        request: 5")));
  assert.ok(!isAddition(before, text(FILE.replace("output: 8000000000", "output: 8000000001"))));
  assert.ok(!isAddition(before, text(FILE.replace("percent: 50", "percent: 60"))));
});
