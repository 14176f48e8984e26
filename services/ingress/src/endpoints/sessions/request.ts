import { SluiceError } from "@sluice/platform/errors";
import { type Amount, Unit } from "@sluice/proto/common/v1/money";
import { z } from "zod";

const USD = /^\d{1,10}(?:\.\d{1,9})?$/;
const NANO_DIGITS = 9;
const USD_MAX = 1_000_000_000;
const TOKENS_MAX = 2 ** 53 - 1;
const TTL_SECONDS_MAX = 31_536_000;

const body = z.strictObject({
  budget_usd: z
    .string({ error: 'must be a text with US dollars, like "0.50": numbers would lose digits' })
    .regex(USD, 'must be US dollars with at most nine decimals, like "0.50"')
    .refine((text) => Number(text) > 0 && Number(text) <= USD_MAX, `must be above 0 and at most ${USD_MAX}`)
    .optional(),
  tokens: z.int().min(1).max(TOKENS_MAX).optional(),
  ttl_seconds: z.int().min(1).max(TTL_SECONDS_MAX),
  name: z.string().max(256).optional(),
});

/** What a caller asks for. */
export interface SessionWish {
  readonly name: string;
  readonly amounts: Amount[];
  readonly ttlMs: bigint;
}

/** Reads the body of `POST /v1/sessions`. @throws invalid_request naming every field at fault */
export function readSessionWish(raw: unknown): SessionWish {
  const parsed = body.safeParse(raw);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
    const param = parsed.error.issues[0]?.path.join(".") || null;
    throw new SluiceError("invalid_request", `Invalid request: ${problems.join("; ")}.`, {
      details: param === null ? {} : { param },
    });
  }
  const { budget_usd: usd, tokens, ttl_seconds: seconds, name = "" } = parsed.data;
  const amounts: Amount[] = [];
  if (usd !== undefined) amounts.push({ unit: Unit.UNIT_NANOUSD, value: nanoUsd(usd) });
  if (tokens !== undefined) amounts.push({ unit: Unit.UNIT_TOKENS, value: BigInt(tokens) });
  return { name, amounts, ttlMs: BigInt(seconds) * 1_000n };
}

/** Dollars in nano-USD, exactly: the text never passes through a floating-point number. */
function nanoUsd(text: string): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(NANO_DIGITS, "0"));
}
