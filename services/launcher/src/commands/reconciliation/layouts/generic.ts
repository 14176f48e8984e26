import { type BillRow, Fields, type Layout, TOKEN_CLASSES, type TokenClass } from "../bill-row.ts";

const ACCEPTS = `a date (date, day or usage_date_utc), model, and any of ${TOKEN_CLASSES.join(", ")} and cost_usd; or token_class with quantity; provider may say whose it is`;
const BEGINNINGS = ["date", "day", "usage_date_utc", "start_time", "timestamp"] as const;
const ENDS = ["end_date", "end_time"] as const;
const isClass = (name: string): name is TokenClass => (TOKEN_CLASSES as readonly string[]).includes(name);

/** A plain table that any bill can be brought into. Its classes are disjoint: input_tokens leaves cached and written ones out. */
export const generic: Layout = {
  accepts: ACCEPTS,
  read(record): BillRow {
    const fields = new Fields(record, ACCEPTS);
    const day = fields.day(BEGINNINGS, ENDS);
    const said = { line: fields.line, day, provider: fields.text("provider").toLowerCase() };
    fields.requireUsd("currency");
    const atto = fields.dollars("cost_usd", "amount_usd");
    const tokens = tokensOf(fields);
    if (tokens === undefined && atto === undefined) {
      throw fields.refusal("has neither tokens nor an amount");
    }
    return { ...said, model: fields.text("model"), tokens, atto };
  },
};

function tokensOf(fields: Fields): ReadonlyMap<TokenClass, bigint> | undefined {
  const named = fields.text("token_class", "class");
  if (named !== "") return ofOneClass(fields, named);
  const entries = TOKEN_CLASSES.flatMap((name): [TokenClass, bigint][] => {
    const counted = fields.count(name);
    return counted === undefined ? [] : [[name, counted]];
  });
  return entries.length === 0 ? undefined : new Map(entries);
}

/** One row per class. */
function ofOneClass(fields: Fields, named: string): ReadonlyMap<TokenClass, bigint> | undefined {
  const quantity = fields.count("quantity", "tokens");
  if (quantity === undefined) return undefined;
  const word = named.toLowerCase();
  const known = isClass(word) ? word : `${word}_tokens`;
  if (isClass(known)) return new Map([[known, quantity]]);
  throw fields.refusal(`has the token class "${named.slice(0, 40)}", which is none of ${TOKEN_CLASSES.join(", ")}`);
}
