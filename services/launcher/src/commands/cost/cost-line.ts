import { type Catalogue, cost, type Kind, type Price } from "@sluice/ledger/prices";
import { SluiceError } from "@sluice/platform/errors";
import { z } from "zod";
import type { InputLine } from "../json-lines.ts";
import { isRecord, wrong } from "./figures.ts";
import { readUsage } from "./read-usage.ts";

/** What lines are priced by. */
export interface Pricing {
  readonly catalogue: Catalogue;
  /** Organisation whose own prices apply; list prices if undefined. */
  readonly org: string | undefined;
}

const MODEL = /^[^\s/]{1,128}\/\S{1,256}$/;
const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** Prices one line of usage; its text is `{id, cost_nanousd, price_version}` or `{id, error}`. Never throws. */
export function costLine(line: InputLine, pricing: Pricing): { readonly priced: boolean; readonly text: string } {
  let id: unknown = null;
  try {
    if ("fault" in line) throw new SluiceError("invalid_request", line.fault);
    const value = parseLine(line.text);
    ({ id = null } = value);
    const { price, nanousd } = priceOf(value, pricing);
    // The amount is written by hand: as a number of the language it would not be exact beyond 2^53.
    const text = `{"id":${JSON.stringify(id)},"cost_nanousd":${nanousd},"price_version":${JSON.stringify(price.id)}}`;
    return { priced: true, text };
  } catch (thrown) {
    const { code, message, details } = SluiceError.from(thrown);
    // What has no rate is named by the usage, whichever price it is.
    const param = details.param ?? (code === "model_unpriced" ? "usage" : null);
    const error = { code, message, param };
    return { priced: false, text: JSON.stringify({ id, error }) };
  }
}

function parseLine(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SluiceError("invalid_request", "The line is not valid JSON.", { cause });
  }
  if (isRecord(value) && !Array.isArray(value)) return value;
  throw new SluiceError("invalid_request", "The line is not a JSON object.");
}

function priceOf(
  value: Readonly<Record<string, unknown>>,
  pricing: Pricing,
): { readonly price: Price; readonly nanousd: bigint } {
  const { model, usage, at, service_tier: asked } = value;
  if (typeof model !== "string" || !MODEL.test(model)) {
    throw wrong("model", 'is not a name like "provider/model"');
  }
  const parsed = moment.safeParse(at);
  if (!parsed.success) throw wrong("at", "is not a moment like 2026-08-01T12:00:00Z");
  if (asked !== undefined && asked !== null && typeof asked !== "string") throw wrong("service_tier", "is not a word");
  const price = findPrice(model, Date.parse(parsed.data), pricing);
  const read = readUsage(usage, price.priceId.slice(0, price.priceId.indexOf("/")), kindOf(price, pricing.catalogue));
  return { price, nanousd: cost(read.usage, price, asked?.toLowerCase() || read.serviceTier) };
}

function findPrice(model: string, at: number, { catalogue, org }: Pricing): Price {
  const price = catalogue.find(model, at, org);
  if (price !== undefined) return price;
  const later = catalogue.find(model, Number.MAX_SAFE_INTEGER, org);
  const name = JSON.stringify(model);
  const details = { param: later === undefined ? "model" : "at" };
  const message =
    later === undefined
      ? `model: ${name} has no price in the catalogue`
      : `at: ${name} had no price then; its prices begin later`;
  throw new SluiceError("model_unpriced", message, { details });
}

function kindOf(price: Price, catalogue: Catalogue): Kind {
  return catalogue.model(price.priceId)?.kind ?? "chat";
}
