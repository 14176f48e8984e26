import { setImmediate as nextTurn } from "node:timers/promises";
import { NOTHING, sameAmounts } from "../amounts.ts";
import type { LedgerReader } from "../store/reader.ts";
import { SLOT_MS } from "../store/rollups.ts";
import type { AccountName, AccountView, HoldStore } from "./types.ts";

/**
 * Nothing is checked against what a session without a limit has spent, so that its counter may be missing and is never compared: there are ever
 * more sessions, and each would stay for good. The books have all of them.
 */
export function isEnforced({ account, limits }: Pick<AccountView, "account" | "limits">): boolean {
  return account.kind !== "session" || limits.length > 0;
}

export interface ForgetSessionsOptions {
  readonly store: HoldStore;
  readonly reader: Pick<LedgerReader, "chargedWindows">;
}

const AT_ONCE = 500;

/** Forgets accounts of sessions that have nothing held and no limit, whose slice ended and whose last attempt began before the moment. */
export async function forgetSessions({ store, reader }: ForgetSessionsOptions, before: number): Promise<void> {
  const idle = (await store.balances()).filter(isIdle).map(({ tenant, account }) => ({ tenant, account }));
  for (let first = 0; first < idle.length; first += AT_ONCE) {
    const some = idle.slice(first, first + AT_ONCE);
    // A slice is remembered for as long as any other hold.
    const slices = await store.find(some.map(({ tenant, account }) => ({ tenant, id: account.id })));
    const since = { window: "hour", start: before, end: Number.MAX_SAFE_INTEGER - SLOT_MS } as const;
    const charged = await reader.chargedWindows(some.map((name) => ({ ...name, ...since })));
    const over = charged.filter(({ account, spent }) => !slices.has(account.id) && sameAmounts(spent, NOTHING));
    if (over.length > 0) await store.upkeep.forgetAccounts(over.map(nameOf));
    await nextTurn();
  }
}

function isIdle(view: AccountView): boolean {
  return !isEnforced(view) && view.openHolds === 0 && sameAmounts(view.held, NOTHING);
}

function nameOf({ tenant, account }: AccountName): AccountName {
  return { tenant, account };
}
