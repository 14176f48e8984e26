import { SluiceError } from "@sluice/platform/errors";
import { Usage } from "@sluice/proto/common/v1/usage";
import type { Adjustment, AdjustRequest, AdjustResponse } from "@sluice/proto/ledger/v1/ledger_service";
import { type AccountRef, chainFromProto } from "../accounts.ts";
import { isHoldId, isTenant } from "../holds/check-request.ts";
import { chainText } from "../postings.ts";
import { type BulkValue, bulkInsert, textList } from "../store/bulk.ts";
import { clean, usageText } from "../store/texts.ts";
import type { Into } from "../store/write-rows.ts";
import type { Correction, Corrections } from "./corrections.ts";

export interface AdjustOptions {
  readonly corrections: Corrections;
  readonly now: () => number;
}

const ADJUSTMENTS_MAX = 1_000;
const NANOUSD_MAX = 10n ** 18n;
const TOKENS_MAX = 10n ** 15n;
const DAY_MS = 86_400_000;
const KIND = "reconciliation";

const ATTEMPT_COLUMNS = {
  attempt_id: "text",
  tenant: "text",
  accounts: "text",
  kind: "text",
  nanousd: "bigint",
  input_tokens: "bigint",
  output_tokens: "bigint",
  overrun: "bigint",
  started_at_ms: "bigint",
  price_id: "text",
  price_version: "text",
} as const;

/**
 * Posts compensating entries, each once by its id; returns the ids that were new.
 * @throws invalid_request naming the field for a malformed one, an id that an attempt has, or more than 1,000
 */
export async function adjust({ corrections, now }: AdjustOptions, request: AdjustRequest): Promise<AdjustResponse> {
  const { adjustments } = request;
  if (adjustments.length > ADJUSTMENTS_MAX) {
    throw invalid("adjustments", `${adjustments.length} of them; at most ${ADJUSTMENTS_MAX} are possible at once`);
  }
  const at = now();
  const wanted = new Map(adjustments.map((each) => [each.id, correctionOf(each, at)]));
  const posted: string[] = [];
  const starts = [...wanted.values()].map(({ startedAt }) => startedAt);
  await corrections.post(starts, async (into) => {
    posted.length = 0;
    const known = await knownKinds(into, [...wanted.keys()]);
    const taken = [...known].find(([, kind]) => kind !== KIND);
    if (taken !== undefined) throw invalid("id", `"${taken[0]}" is the id of an attempt`);
    const fresh = [...wanted].filter(([id]) => !known.has(id)).map(([, correction]) => correction);
    posted.push(...fresh.map(({ head }) => head.attemptId));
    if (fresh.length > 0) await remember(into, fresh);
    return fresh;
  });
  return { posted };
}

async function knownKinds({ kind, db }: Into, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const query = db.selectFrom("attempts").select(["attempt_id", "kind"]).where("attempt_id", "in", textList(kind, ids));
  return new Map((await query.execute()).map((row) => [row.attempt_id, row.kind]));
}

/** The row that makes a repetition harmless. */
async function remember(into: Into, corrections: readonly Correction[]): Promise<void> {
  const rows = corrections.map(({ head, amounts, accounts, startedAt }): BulkValue[] => [
    ...[head.attemptId, head.tenant, chainText(accounts), KIND],
    ...[amounts.nanousd, amounts.inputTokens, amounts.outputTokens, 0n, BigInt(startedAt), "", ""],
  ]);
  await bulkInsert(into, { table: "attempts", columns: ATTEMPT_COLUMNS, rows });
}

function correctionOf(adjustment: Adjustment, at: number): Correction {
  const { id, tenantId: tenant, provider, model, amountNanousd, inputTokens, outputTokens, usage } = adjustment;
  if (!isHoldId(id))
    throw invalid("id", `"${id.slice(0, 100)}" is not 1 to 80 characters of letters, digits, _, . and -`);
  if (!isTenant(tenant)) throw invalid("tenant_id", `"${tenant.slice(0, 60)}" is malformed`);
  if (clean(provider) === "") throw invalid("provider", "is empty: say whose bill is compensated");
  checkSize("amount_nanousd", amountNanousd, NANOUSD_MAX);
  checkSize("input_tokens", inputTokens, TOKENS_MAX);
  checkSize("output_tokens", outputTokens, TOKENS_MAX);
  const startedAt = Number(adjustment.atMs);
  if (startedAt <= 0 || startedAt > at + DAY_MS) {
    throw invalid("at_ms", `${adjustment.atMs} is no moment from 1970 until now`);
  }
  const org: AccountRef = { kind: "org", id: tenant };
  return {
    kind: KIND,
    head: {
      attemptId: id,
      requestId: "",
      tenant,
      provider: clean(provider),
      model: clean(model),
      priceId: "",
      priceVersion: "",
      usage: usage === undefined ? "" : usageText(Usage.fromPartial(usage)),
      task: "",
      tags: "",
      at,
    },
    amounts: { nanousd: amountNanousd, inputTokens, outputTokens },
    accounts: adjustment.accounts.length === 0 ? [org] : chainFromProto(adjustment.accounts),
    startedAt,
  };
}

function checkSize(field: string, value: bigint, most: bigint): void {
  if (value > most || value < -most) throw invalid(field, `${value} is too large; -${most} to ${most} are possible`);
}

function invalid(field: string, problem: string): SluiceError {
  return new SluiceError("invalid_request", `${field}: ${problem}.`, { details: { param: field } });
}
