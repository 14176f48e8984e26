import { z } from "zod";

const milliseconds = z.int().positive();

/** The section `ledger` of sluice.yaml. */
export const configSchema = z.strictObject({
  unpriced: z
    .enum(["deny", "flat_hold"])
    .default("deny")
    .describe("What happens to models without a price: refuse them, or hold and charge a flat amount per attempt."),
  flat_hold_nanousd: z
    .int()
    .positive()
    .default(1_000_000_000)
    .describe("Amount held and charged per attempt of a model without a price, in nano-USD, if unpriced is flat_hold."),
  prices_directory: z
    .string()
    .default("")
    .describe("Folder with further price catalogue files (*.yaml); empty means only the shipped ones."),
  prices_poll_ms: milliseconds
    .default(2_000)
    .describe("How often price files are looked at for changes that the file system did not tell, in milliseconds."),
  hold_ttl_max_ms: milliseconds.default(3_600_000).describe("Longest life a hold may ask for, in milliseconds."),
  held_retry_after_ms: milliseconds
    .default(500)
    .describe("What a caller is told to wait when only holds in flight leave no room, in milliseconds."),
  expiry_interval_ms: milliseconds.default(1_000).describe("How often expired holds are looked for, in milliseconds."),
  expiry_grace_ms: z
    .int()
    .nonnegative()
    .default(2_000)
    .describe(
      "How long expiry waits after the bus came back, so that facts kept elsewhere can arrive, in milliseconds.",
    ),
  remember_ended_hours: z
    .int()
    .min(24)
    .default(48)
    .describe("How long ended holds are remembered, so that late facts find their accounts."),
  batch_size: z.int().min(1).max(1_000).default(256).describe("Most attempt facts applied in one transaction."),
  outbox_batches_max: z
    .int()
    .positive()
    .default(1_000)
    .describe("Transactions whose events may wait for the bus before no further facts are applied."),
  books_on_thread: z
    .boolean()
    .default(true)
    .describe(
      "Whether books in SQLite are kept by a thread of their own, so that answers do not wait for them; false saves some memory.",
    ),
  check_interval_ms: milliseconds
    .default(60_000)
    .describe("How often balances are checked against the sum of entries, in milliseconds."),
  crossed_percents: z
    .array(z.int().min(1).max(100))
    .default([80, 100])
    .describe("Shares of a limit, in percent, at which budget.crossed is published."),
  redis_unchecked: z
    .boolean()
    .default(false)
    .describe(
      "True if a Redis that does not tell its settings (managed ones) is used anyway; wrong settings are still refused.",
    ),
});

export type LedgerConfig = z.output<typeof configSchema>;
