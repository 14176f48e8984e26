import assert from "node:assert/strict";
import { test } from "node:test";
import { costLine } from "../../services/launcher/src/commands/cost/cost-line.ts";
import { loadCatalogue, SHIPPED_PRICES } from "../../services/ledger/src/prices/load.ts";
import type { Invoice } from "./golden/invoice.ts";
import { INVOICES } from "./golden/invoices.ts";

const pricing = { catalogue: await loadCatalogue([SHIPPED_PRICES]), org: undefined };

function lineOf({ model, usage, tier, at = "2026-09-01T00:00:00Z" }: Invoice): string {
  return costLine({ text: JSON.stringify({ id: "x", model, usage, service_tier: tier, at }) }, pricing).text;
}

for (const [index, invoice] of INVOICES.entries()) {
  test(`invoice ${index + 1} of ${invoice.model} agrees with its arithmetic to the nano-dollar`, () => {
    const { error, cost_nanousd: nanousd } = JSON.parse(lineOf(invoice));
    assert.equal(error, undefined);
    assert.equal(nanousd, invoice.nanousd);
  });
}

test("the table has at least forty invoices of ten providers", () => {
  assert.ok(INVOICES.length >= 40);
  assert.ok(new Set(INVOICES.map(({ model }) => model.split("/")[0])).size >= 10);
});
