import { SluiceError } from "@sluice/platform/errors";
import type { Client } from "@sluice/platform/rpc";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import {
  type AccountBalance,
  BalanceRequest,
  CloseSliceRequest,
  type HoldRefused,
  type LedgerServiceDefinition,
  OpenSliceRequest,
  RefusalReason,
} from "@sluice/proto/ledger/v1/ledger_service";
import { accountsOf } from "../messages.ts";
import type { KeyRow, SessionRow } from "../store/schema.ts";
import { amountsOf } from "./amounts.ts";

/** What sessions need of the ledger. */
export interface SessionLedger {
  /** Reserves the slice on every account of the key. @throws budget_exhausted or budget_held if there is no room */
  openSlice(session: SessionRow, key: KeyRow): Promise<void>;
  /** Ends the slice; true if calls are still in flight. */
  closeSlice(session: SessionRow): Promise<boolean>;
  /** Balances of sessions of one tenant. */
  balances(tenantId: string, ids: readonly string[]): Promise<readonly AccountBalance[]>;
}

/** The ledger behind its contract; every call ends after `deadlineMs`. */
export function sessionLedger(ledger: Client<typeof LedgerServiceDefinition>, deadlineMs: number): SessionLedger {
  return {
    async openSlice(session, key) {
      const request = OpenSliceRequest.create({
        sessionId: session.id,
        tenantId: session.org_id,
        parents: accountsOf(key),
        amounts: amountsOf(session),
        expiresAtMs: session.expires_at_ms,
      });
      const { refused } = await ledger.openSlice(request, { deadlineMs });
      if (refused !== undefined) throw noRoom(refused);
    },
    async closeSlice({ id, org_id: tenantId }) {
      const { draining } = await ledger.closeSlice(CloseSliceRequest.create({ sessionId: id, tenantId }), {
        deadlineMs,
      });
      return draining;
    },
    async balances(tenantId, ids) {
      if (ids.length === 0) return [];
      const accounts = ids.map((id) => ({ kind: AccountKind.ACCOUNT_KIND_SESSION, id }));
      return (await ledger.balance(BalanceRequest.create({ tenantId, accounts }), { deadlineMs })).balances;
    },
  };
}

/** A refused slice as the error its caller sees: money that is spent, or room that may come back. */
function noRoom(refused: HoldRefused): SluiceError {
  const facts: Record<string, string> = {};
  for (const name of ["limit", "spent", "held", "needed"] as const) {
    const amount = refused[name];
    if (amount !== undefined) facts[name] = amount.value.toString();
  }
  if (refused.window !== "") facts["window"] = refused.window;
  const message = refused.message === "" ? "The key's budgets have no room for the session." : refused.message;
  if (refused.reason === RefusalReason.REFUSAL_REASON_BUDGET_HELD) {
    const retryAfterMs = Math.max(Number(refused.retryAfterMs), 1);
    return new SluiceError("budget_held", message, { details: { facts, retryAfterMs } });
  }
  return new SluiceError("budget_exhausted", message, { details: { facts } });
}
