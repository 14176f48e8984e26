import { type Account, AccountKind } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { type HoldRefused, type PreviewedLimit, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import type { CandidateEstimate, EstimateResponse, TokenEstimate } from "@sluice/proto/router/v1/router_service";
import type { Exchange } from "../../exchange.ts";
import { printUsd } from "../../facts/cost.ts";

const KINDS: Readonly<Partial<Record<AccountKind, string>>> = {
  [AccountKind.ACCOUNT_KIND_ORG]: "org",
  [AccountKind.ACCOUNT_KIND_TEAM]: "team",
  [AccountKind.ACCOUNT_KIND_USER]: "user",
  [AccountKind.ACCOUNT_KIND_KEY]: "key",
  [AccountKind.ACCOUNT_KIND_SESSION]: "session",
  [AccountKind.ACCOUNT_KIND_MODEL]: "model",
  [AccountKind.ACCOUNT_KIND_LABEL]: "label",
};
const UNITS: Readonly<Partial<Record<Unit, string>>> = {
  [Unit.UNIT_NANOUSD]: "usd",
  [Unit.UNIT_TOKENS]: "tokens",
  [Unit.UNIT_INPUT_TOKENS]: "input_tokens",
  [Unit.UNIT_OUTPUT_TOKENS]: "output_tokens",
};
const REASONS: Readonly<Partial<Record<RefusalReason, string>>> = {
  [RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED]: "budget_exhausted",
  [RefusalReason.REFUSAL_REASON_BUDGET_HELD]: "budget_held",
  [RefusalReason.REFUSAL_REASON_UNPRICED]: "model_unpriced",
  [RefusalReason.REFUSAL_REASON_RATE_LIMITED]: "rate_limited",
  [RefusalReason.REFUSAL_REASON_UNBOUNDED]: "unbounded",
  [RefusalReason.REFUSAL_REASON_SESSION_ENDED]: "session_ended",
};

/** Sends an estimate. */
export function sendEstimate(exchange: Exchange, model: string, estimate: EstimateResponse): void {
  exchange.facts.firstByteMs = performance.now() - exchange.startedAt;
  exchange.reply.send(toEstimateBody({ requestId: exchange.requestId, model, estimate }));
}

/** An estimate as JSON. Money and other 64-bit amounts are exact decimal texts; token counts are numbers. */
export function toEstimateBody(about: {
  readonly requestId: string;
  readonly model: string;
  readonly estimate: EstimateResponse;
}): object {
  const { requestId, model, estimate } = about;
  return {
    object: "estimate",
    request_id: requestId,
    model,
    strategy: estimate.strategy,
    candidates: estimate.candidates.map(toCandidate),
    excluded: estimate.excluded.map(({ provider, model: name, reason }) => ({ provider, model: name, reason })),
  };
}

function toCandidate(candidate: CandidateEstimate): object {
  const { expectedNanousd, worstCaseNanousd, refused } = candidate;
  return {
    provider: candidate.provider,
    model: candidate.model,
    simulated: candidate.simulated,
    input_tokens: toTokens(candidate.input),
    output_tokens: toTokens(candidate.output),
    n: candidate.n,
    unpriced: worstCaseNanousd === undefined,
    expected_cost_usd: usdOf(expectedNanousd),
    expected_cost_nanousd: expectedNanousd === undefined ? null : String(expectedNanousd),
    worst_case_cost_usd: usdOf(worstCaseNanousd),
    worst_case_cost_nanousd: worstCaseNanousd === undefined ? null : String(worstCaseNanousd),
    price_version: candidate.priceVersion === "" ? null : candidate.priceVersion,
    would_be_admitted: refused === undefined,
    refusal: refused === undefined ? null : toRefusal(refused),
    budgets: candidate.limits.map(toBudget),
    unbounded: candidate.unbounded,
    unbounded_hold_usd: candidate.extraNanousd === 0n ? null : printUsd(candidate.extraNanousd),
  };
}

function toTokens(tokens: TokenEstimate | undefined): object | null {
  if (tokens === undefined) return null;
  return { expected: Number(tokens.expected), bound: Number(tokens.bound), method: tokens.method };
}

function toRefusal(refused: HoldRefused): object {
  return {
    code: REASONS[refused.reason] ?? "refused",
    message: refused.message,
    account: refused.account === undefined ? null : nameOf(refused.account),
    retry_after_ms: refused.retryAfterMs === 0n ? null : Number(refused.retryAfterMs),
  };
}

/** `fits`: yes, held (it would fit if nothing were in flight) or no. A soft limit refuses nothing. */
function toBudget({ balance, needed, fits, fitsLater }: PreviewedLimit): object | null {
  if (balance === undefined) return null;
  const { unit } = balance;
  return {
    account: balance.account === undefined ? null : nameOf(balance.account),
    window: balance.window,
    unit: UNITS[unit] ?? "unknown",
    soft: balance.soft,
    limit: balance.limit === undefined ? null : amountOf(unit, balance.limit),
    spent: amountOf(unit, balance.spent),
    held: amountOf(unit, balance.held),
    needed: amountOf(unit, needed),
    fits: fits ? "yes" : fitsLater ? "held" : "no",
  };
}

/** US dollars as a decimal text, tokens as a whole number in one: neither fits a number in every case. */
const amountOf = (unit: Unit, value: bigint): string => (unit === Unit.UNIT_NANOUSD ? printUsd(value) : String(value));

const usdOf = (nanousd: bigint | undefined): string | null => (nanousd === undefined ? null : printUsd(nanousd));

const nameOf = ({ kind, id }: Account): string => `${KINDS[kind] ?? "account"}:${id}`;
