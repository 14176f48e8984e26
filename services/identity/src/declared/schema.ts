import { z } from "zod";

const ACCOUNT = /^(?:org|(?:org|team|user|key|model|label):[^\p{C}]{1,200})$/u;
const USD = /^\d{1,10}(?:\.\d{1,9})?$/;
const USD_MAX = 4_611_686_018;
const COUNT_MAX = 2 ** 53 - 1;

const name = z.string().min(1).max(200);
const org = z.string().max(200).default("").describe("Organisation by name or id; empty means the only one.");
const account = z
  .string()
  .regex(
    ACCOUNT,
    'write "org", or a kind and a name like "team:core" (org, team, user, key, model, label), models as "model:provider/name"',
  )
  .describe('Account, like "org", "team:core", "user:ada", "key:key_…" or "model:sim/large".');
const usd = z
  .union([
    z
      .string()
      .regex(USD, 'write US dollars as a text with at most nine decimals, like "0.25"')
      .refine((text) => Number(text) <= USD_MAX, `at most ${USD_MAX} US dollars can be counted`),
    z.int().min(0).max(USD_MAX),
  ])
  .describe('Limit in US dollars: a whole number, or a text like "0.25".');
const tokens = z.int().min(0).max(COUNT_MAX);
const rate = z.int().min(1).max(1_000_000_000);

const UNITS = ["usd", "tokens", "input_tokens", "output_tokens"] as const;

/** One budget as the configuration declares it. */
const budget = z
  .strictObject({
    account,
    org,
    usd: usd.optional(),
    tokens: tokens.optional().describe("Limit in tokens, input and output together."),
    input_tokens: tokens.optional().describe("Limit in input tokens."),
    output_tokens: tokens.optional().describe("Limit in output tokens."),
    window: z
      .enum(["total", "hour", "day", "week", "month"])
      .default("total")
      .describe("When it starts anew, in the organisation's time zone."),
    soft: z.boolean().default(false).describe("Whether passing it is only told."),
  })
  .refine((entry) => UNITS.filter((unit) => entry[unit] !== undefined).length === 1, {
    error: `give exactly one of ${UNITS.join(", ")}`,
  });

const rateLimit = z
  .strictObject({
    account,
    org,
    rpm: rate.optional().describe("Requests per minute."),
    tpm: rate.optional().describe("Tokens per minute."),
  })
  .refine((entry) => entry.rpm !== undefined || entry.tpm !== undefined, { error: "give rpm, tpm or both" });

const organisation = z.strictObject({
  name: name.describe("Name; an organisation that is not there yet is made."),
  time_zone: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('IANA name of the time zone its calendar budgets follow, like "Europe/Berlin".'),
  teams: z.array(name).max(1_000).default([]).describe("Teams; those that are not there yet are made."),
  users: z.array(name).max(10_000).default([]).describe("Users; those that are not there yet are made."),
});

/** What the configuration may declare; parts of the `identity` section and the body of `PUT /declarations`. */
export const declarationKeys = {
  orgs: z
    .array(organisation)
    .max(1_000)
    .default([])
    .describe("Organisations, their time zones, teams and users, e.g. [{name: acme, time_zone: Europe/Berlin}]."),
  budgets: z
    .array(budget)
    .max(10_000)
    .default([])
    .describe(
      'Budgets, e.g. [{account: "team:core", usd: "100", window: month}]. What is declared no more is removed; what was set by command stays.',
    ),
  rate_limits: z
    .array(rateLimit)
    .max(10_000)
    .default([])
    .describe('Rate limits, e.g. [{account: "team:core", rpm: 600, tpm: 1000000}], kept like budgets.'),
};

export const declarations = z.strictObject(declarationKeys);
export type DeclaredConfig = z.output<typeof declarations>;
export type DeclaredBudget = DeclaredConfig["budgets"][number];
