import { SluiceError } from "@sluice/platform/errors";
import { Amount, Unit } from "@sluice/proto/common/v1/money";
import { z } from "zod";
import type { SessionRow } from "../store/schema.ts";

const NAMES: ReadonlyMap<Unit, string> = new Map([
  [Unit.UNIT_NANOUSD, "nanousd"],
  [Unit.UNIT_TOKENS, "tokens"],
  [Unit.UNIT_INPUT_TOKENS, "input_tokens"],
  [Unit.UNIT_OUTPUT_TOKENS, "output_tokens"],
]);
const stored = z.record(z.string(), z.string().regex(/^\d+$/).transform(BigInt));
/** What the ledger can reserve at once. */
const AMOUNT_MAX = 10n ** 18n;

/** Amounts of a slice as they are stored. @throws invalid_request for zero, too much, or a unit twice */
export function storedAmounts(amounts: readonly Amount[]): string {
  const texts: Record<string, string> = {};
  for (const { unit, value } of amounts) {
    const name = NAMES.get(unit);
    if (name === undefined) throw refused("unit", "A slice is in US dollars, tokens, input tokens or output tokens.");
    if (value <= 0n || value > AMOUNT_MAX) {
      throw refused(name, `${name} of the slice is ${value}: give 1 to ${AMOUNT_MAX}, or leave it out.`);
    }
    if (texts[name] !== undefined) throw refused(name, `The slice names ${name} twice: once is enough.`);
    texts[name] = value.toString();
  }
  return JSON.stringify(texts);
}

/** The size of a session's slice, one amount per unit. */
export function amountsOf(row: SessionRow): Amount[] {
  const texts = stored.parse(JSON.parse(row.amounts));
  return [...NAMES].flatMap(([unit, name]) => {
    const value = texts[name];
    return value === undefined ? [] : [Amount.create({ unit, value })];
  });
}

function refused(param: string, message: string): SluiceError {
  return new SluiceError("invalid_request", message, { details: { param } });
}
