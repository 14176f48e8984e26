import { Unit } from "@sluice/proto/common/v1/money";
import { type Session, SessionState } from "@sluice/proto/identity/v1/identity_service";
import type { AccountBalance } from "@sluice/proto/ledger/v1/ledger_service";
import { printUsd } from "../../facts/cost.ts";

const STATES: Readonly<Partial<Record<SessionState, string>>> = {
  [SessionState.SESSION_STATE_OPEN]: "open",
  [SessionState.SESSION_STATE_CLOSED]: "closed",
  [SessionState.SESSION_STATE_EXPIRED]: "expired",
};

/** A session as the door tells it: money as exact decimal texts, moments in seconds since the epoch. */
export function toSessionBody(session: Session, balances: readonly AccountBalance[] = []): object {
  const usd = session.amounts.find(({ unit }) => unit === Unit.UNIT_NANOUSD);
  const tokens = session.amounts.find(({ unit }) => unit === Unit.UNIT_TOKENS);
  const spent = balances.find(({ unit, window }) => unit === Unit.UNIT_NANOUSD && window === "total");
  const used = balances.find(({ unit, window }) => unit === Unit.UNIT_TOKENS && window === "total");
  return {
    id: session.id,
    object: "session",
    name: session.name === "" ? null : session.name,
    state: STATES[session.state] ?? "unknown",
    created_at: seconds(session.createdAtMs),
    expires_at: seconds(session.expiresAtMs),
    closed_at: session.closedAtMs === 0n ? null : seconds(session.closedAtMs),
    budget_usd: usd === undefined ? null : printUsd(usd.value),
    tokens: tokens === undefined ? null : Number(tokens.value),
    spent_usd: printUsd(spent?.spent ?? 0n),
    held_usd: printUsd(spent?.held ?? 0n),
    tokens_used: used === undefined ? null : Number(used.spent),
  };
}

const seconds = (ms: bigint): number => Number(ms / 1_000n);
