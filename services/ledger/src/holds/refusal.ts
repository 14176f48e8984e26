import { HoldRefused, RefusalReason, type SoftLimitPassed } from "@sluice/proto/ledger/v1/ledger_service";
import { type AccountRef, accountToProto, amountToProto } from "../accounts.ts";
import type { UnitName } from "../amounts.ts";
import type { Shortfall, SoftPassed } from "./types.ts";
import type { CalendarWindow } from "./windows.ts";

const UNIT_WORDS: Readonly<Record<UnitName, string>> = {
  nanousd: "USD",
  tokens: "tokens",
  input_tokens: "input tokens",
  output_tokens: "output tokens",
};

/** Waiting this long is worth telling a client: for the end of an hour, not of a day. */
const WAIT_MS_MAX = 3_600_000;

/** What a refusal is told with. */
export interface RefusalOptions {
  /** What a caller is told to wait when only holds in flight leave no room. */
  readonly retryAfterMs: number;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Time zone that moments are told in. */
  readonly zone: string;
}

/**
 * The refusal that fits the limits without room. Where settled money alone leaves no room, waiting does not help before the window begins anew
 * (exhausted); otherwise holds in flight are in the way (held).
 */
export function refusalOf(shortfalls: readonly Shortfall[], options: RefusalOptions): HoldRefused {
  const exhausted = shortfalls.filter(({ spent, needed, limit }) => spent + needed > limit);
  const isExhausted = exhausted.length > 0;
  const shortfall = lastingOf(isExhausted ? exhausted : shortfalls);
  if (shortfall === undefined) return HoldRefused.fromPartial({});
  const { account, unit, limit, spent, held, needed, window, windowEnd } = shortfall;
  return HoldRefused.fromPartial({
    reason: isExhausted ? RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED : RefusalReason.REFUSAL_REASON_BUDGET_HELD,
    account: accountToProto(account),
    limit: amountToProto(unit, limit),
    spent: amountToProto(unit, spent),
    held: amountToProto(unit, held),
    needed: amountToProto(unit, needed),
    retryAfterMs: BigInt(isExhausted ? waitOf(shortfall, options.now) : options.retryAfterMs),
    message: messageOf(shortfall, isExhausted, options),
    window,
    windowEndsAtMs: BigInt(windowEnd),
  });
}

/** The refusal of a call whose session has no open slice. */
export function sessionEndedOf(sliceId: string): HoldRefused {
  const message = `Session "${sliceId}" has ended or was closed; open a new one, or call without it.`;
  const account = accountToProto({ kind: "session", id: sliceId });
  return HoldRefused.fromPartial({ reason: RefusalReason.REFUSAL_REASON_SESSION_ENDED, account, message });
}

/** The refusal of a call whose cost has no bound, on an account with a limit that must hold. */
export function unboundedOf(account: AccountRef, unbounded: readonly string[]): HoldRefused {
  const what = unbounded
    .map((each) => each.slice(0, 100))
    .slice(0, 5)
    .join(", ");
  const message =
    `The request asks for what cannot be bounded (${what}), and ${account.kind} "${account.id}" has a hard budget; ` +
    "leave it out, or have an amount configured that is held for it.";
  return HoldRefused.fromPartial({
    reason: RefusalReason.REFUSAL_REASON_UNBOUNDED,
    account: accountToProto(account),
    message,
  });
}

/** The refusal of a model without a price. */
export function unpricedOf(priceId: string): HoldRefused {
  const message = `Model "${priceId}" has no price for what is asked, and models without a price are denied.`;
  return HoldRefused.fromPartial({ reason: RefusalReason.REFUSAL_REASON_UNPRICED, message });
}

/** A soft limit that an admitted hold passes, as the contract has it. */
export function softPassedToProto({ account, unit, limit, window, spent, held, needed }: SoftPassed): SoftLimitPassed {
  return {
    account: accountToProto(account),
    limit: amountToProto(unit, limit),
    window,
    used: amountToProto(unit, spent + held + needed),
  };
}

/** The one that stays longest: room in a shorter window does not help before. */
function lastingOf(shortfalls: readonly Shortfall[]): Shortfall | undefined {
  const lasts = ({ windowEnd }: Shortfall): number => (windowEnd === 0 ? Number.POSITIVE_INFINITY : windowEnd);
  return shortfalls.reduce<Shortfall | undefined>(
    (longest, each) => (longest === undefined || lasts(each) > lasts(longest) ? each : longest),
    undefined,
  );
}

/** Milliseconds until the window begins anew, if the hold fits then and a client can wait for it; else 0. */
function waitOf({ needed, limit, windowEnd }: Shortfall, now: number): number {
  const wait = windowEnd - now;
  return windowEnd > 0 && needed <= limit && wait > 0 && wait <= WAIT_MS_MAX ? wait : 0;
}

function messageOf(shortfall: Shortfall, isExhausted: boolean, { retryAfterMs, zone }: RefusalOptions): string {
  const { account, unit, limit, spent, held, needed, window, windowEnd } = shortfall;
  const numbers = `limit ${show(unit, limit)}, spent ${show(unit, spent)}, held ${show(unit, held)}, needed ${show(unit, needed)}`;
  const kind = window === "total" ? UNIT_WORDS[unit] : `${WINDOW_WORDS[window]} ${UNIT_WORDS[unit]}`;
  const name = `The ${kind} budget of ${account.kind} "${account.id}"`;
  if (!isExhausted) return `${name} is held by requests in flight (${numbers}); try again in ${retryAfterMs} ms.`;
  const anew = windowEnd === 0 || needed > limit ? "" : `wait until it begins anew at ${momentIn(windowEnd, zone)}, `;
  return `${name} leaves no room (${numbers}); ${anew}raise the limit or ask for less.`;
}

/** RFC 3339, with the offset of the zone. */
function momentIn(at: number, zone: string): string {
  const moment = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  return moment.toString({ timeZoneName: "never", smallestUnit: "second" });
}

const WINDOW_WORDS: Readonly<Record<CalendarWindow, string>> = {
  hour: "hourly",
  day: "daily",
  week: "weekly",
  month: "monthly",
};

/** Nano-USD as dollars with all their digits, tokens as they are. */
function show(unit: UnitName, value: bigint): string {
  if (unit !== "nanousd") return String(value);
  const sign = value < 0n ? "-" : "";
  const digits = String(value < 0n ? -value : value).padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "").padEnd(2, "0");
  return `${sign}$${digits.slice(0, -9)}.${fraction}`;
}
