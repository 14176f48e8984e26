import { z } from "zod";

/** A 64-bit amount: a decimal string on the wire, exact here. */
export const amount = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);
const count = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);

export const org = z.object({ id: z.string(), name: z.string(), created_at_ms: z.number(), time_zone: z.string() });
export const member = z.object({ id: z.string(), org_id: z.string(), name: z.string() });

export const key = z.object({
  id: z.string(),
  org_id: z.string(),
  team_id: z.string(),
  user_id: z.string(),
  name: z.string(),
  display_prefix: z.string(),
  state: z.string(),
  created_at_ms: z.number(),
  expires_at_ms: z.number(),
  revoked_at_ms: z.number(),
  allowed_models: z.array(z.string()),
});
export const keyAnswer = z.object({ key });
export const newKeyAnswer = z.object({ key, secret: z.string() });
export const keysAnswer = z.object({ keys: z.array(key) });

export const budget = z.object({
  tenant_id: z.string(),
  tenant: z.string(),
  account_kind: z.string(),
  account: z.string(),
  name: z.string(),
  unit: z.string(),
  window: z.string(),
  window_started_at_ms: z.number(),
  window_ends_at_ms: z.number(),
  soft: z.boolean(),
  limit: amount.nullable(),
  spent: amount,
  held: amount,
  used_percent: z.string().nullable(),
  open_holds: z.number(),
  posted: amount,
});
export const budgetsAnswer = z.object({ budgets: z.array(budget) });
export const budgetAnswer = z.object({ budget: budget.nullable() });

export const rateLimit = z.object({
  tenant_id: z.string(),
  tenant: z.string(),
  account_kind: z.string(),
  account: z.string(),
  name: z.string(),
  requests_per_minute: z.number().nullable(),
  tokens_per_minute: z.number().nullable(),
});
export const rateLimitsAnswer = z.object({ rate_limits: z.array(rateLimit) });
export const rateLimitAnswer = z.object({ rate_limit: rateLimit });

export const session = z.object({
  id: z.string(),
  key_id: z.string(),
  tenant_id: z.string(),
  key: z.string(),
  name: z.string(),
  state: z.string(),
  created_at_ms: z.number(),
  expires_at_ms: z.number(),
  closed_at_ms: z.number(),
  amounts: z.record(z.string(), amount),
  balances: z.array(budget),
});
export const sessionsAnswer = z.object({ sessions: z.array(session) });
export const sessionAnswer = z.object({ session });
export const closedSessionAnswer = z.object({ session, draining: z.boolean() });

const declared = z.object({
  kind: z.enum(["budget", "rate_limit", "time_zone"]),
  source: z.string(),
  tenant_id: z.string(),
  tenant: z.string(),
  account_kind: z.string(),
  account: z.string(),
  name: z.string(),
  unit: z.string(),
  window: z.string(),
  soft: z.boolean(),
  value: z.string(),
});
export const declarationsAnswer = z.object({ declarations: z.array(declared) });
export const changesAnswer = z.object({
  changes: z.array(declared.extend({ change: z.enum(["set", "removed", "unchanged"]), before: z.string().nullable() })),
});

export const reportAnswer = z.object({
  by: z.array(z.string()),
  rows: z.array(
    z.object({
      group: z.array(z.string()),
      names: z.array(z.string()),
      provider: z.string(),
      model: z.string(),
      attempts: amount,
      cost_nanousd: amount,
      input_tokens: amount,
      output_tokens: amount,
      estimated: amount,
      overruns: amount,
      requests: amount,
      succeeded: amount,
    }),
  ),
});

export const rerateAnswer = z.object({
  rows: z.array(
    z.object({
      from_version: z.string(),
      to_version: z.string(),
      attempts: amount,
      before_nanousd: amount,
      after_nanousd: amount,
    }),
  ),
  posted: amount,
  left_out: amount,
});

export const credential = z.object({
  provider: z.string(),
  present: z.boolean(),
  hint: z.string(),
  stored_at_ms: z.number(),
  needed: z.boolean(),
});
export const credentialsAnswer = z.object({ credentials: z.array(credential) });
export const putCredentialAnswer = z.object({ provider: z.string(), hint: z.string() });
export const deleteCredentialAnswer = z.object({ provider: z.string(), deleted: z.boolean() });

export const model = z.object({
  name: z.string(),
  provider: z.string(),
  simulated: z.boolean(),
  available: z.boolean(),
  targets: z.array(z.string()),
  context_tokens: count,
  max_output_tokens: count,
  capabilities: z.array(z.string()),
  lifecycle: z.object({ deprecated_on: z.string(), shutdown_on: z.string(), replacement: z.string() }).optional(),
});
export const modelsAnswer = z.object({ models: z.array(model) });

/** One line of the event stream. */
export const eventLine = z.looseObject({
  stream: z.string(),
  sequence: z.number(),
  type: z.string(),
  tenant: z.string(),
  stored_at: z.number(),
  payload: z.record(z.string(), z.unknown()),
});

export const ledgerStatus = z.object({
  consumer_lag: amount.optional(),
  open_holds: amount,
  balanced: z.boolean(),
  differing_accounts: amount,
  priced_models: amount,
  overruns: amount,
  postings: amount,
  differing: z.array(z.string()).default([]),
  closed_reason: z.string().default(""),
});

export const statusAnswer = z.object({
  now_ms: z.number(),
  pid: z.number(),
  data_directory: z.string(),
  not_ready: z.array(z.string()),
  bus: z.object({ connected: z.boolean(), outbox_facts: z.number(), outbox_fullness: z.number() }),
  redis: z.object({ used: z.boolean(), problem: z.string().optional() }),
  services: z.array(z.object({ service: z.string(), problem: z.string().nullable() })),
  ledger: ledgerStatus.nullable(),
  credentials: z.array(credential),
  models: z.array(model),
  addresses: z.array(z.object({ service: z.string(), url: z.string() })),
});
export type GatewayStatus = z.output<typeof statusAnswer>;

export const limitProbeAnswer = z.object({
  refused: z.boolean(),
  reason: z.string(),
  model: z.string(),
  message: z.string(),
});
