import { z } from "zod";

const integer = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);

const account = z.object({ kind: z.string(), id: z.string(), name: z.string() });

const charge = z.object({ class: z.string(), quantity: integer, amount_nanousd: integer, rate_nanousd: integer });

/** A posting as the admin door streams it. */
export const postingLine = z.object({
  sequence: integer,
  attempt_id: z.string(),
  request_id: z.string(),
  tenant_id: z.string(),
  provider: z.string(),
  model: z.string(),
  price_id: z.string(),
  price_version: z.string(),
  kind: z.string(),
  overrun: z.boolean(),
  amount_nanousd: integer,
  input_tokens: integer,
  output_tokens: integer,
  started_at_ms: z.number(),
  posted_at_ms: z.number(),
  task: z.string(),
  tags: z.record(z.string(), z.string()),
  accounts: z.array(account),
  usage: z.record(z.string(), z.unknown()).nullable(),
  charges: z.array(charge),
});
export type PostingLine = z.output<typeof postingLine>;

/** The first line of an export: how many postings follow. */
export const exportHead = z.object({ total: z.number() });

/** Turns postings into the lines of a file. */
export interface ExportFormat {
  /** What stands before the first posting; empty if nothing does. */
  readonly head: string;
  /** The lines of one posting, each with its end. `raw` is the posting as it came. */
  lines(posting: PostingLine, raw: unknown): string;
}

/** The account of a kind; undefined if the chain has none. */
export function accountOf(posting: PostingLine, kind: string): PostingLine["accounts"][number] | undefined {
  return posting.accounts.find((each) => each.kind === kind);
}
