import assert from "node:assert/strict";
import type { AccountRef } from "../../services/ledger/src/accounts.ts";
import { type Amounts, NOTHING } from "../../services/ledger/src/amounts.ts";
import type {
  AccountView,
  Hold,
  HoldStore,
  HoldTerms,
  PlaceOutcome,
  Settlement,
} from "../../services/ledger/src/holds/types.ts";

export const ORG: AccountRef = { kind: "org", id: "acme" };
export const KEY: AccountRef = { kind: "key", id: "k1" };
export const CHAIN = [ORG, KEY];
/** The usual kind of limit. */
export const HARD = { window: "total", soft: false } as const;

let tenants = 0;

/** A tenant nobody has used, so that tests share a store. */
export function freshTenant(): string {
  return `t${process.pid}-${tenants++}`;
}

export function nano(nanousd: bigint): Amounts {
  return { ...NOTHING, nanousd };
}

export function termsOf(tenant: string, id: string, amounts: Amounts, more: Partial<HoldTerms> = {}): HoldTerms {
  return {
    id,
    tenant,
    requestId: "req_1",
    accounts: CHAIN,
    amounts,
    provider: "sim",
    model: "small",
    priceId: "sim/small",
    priceVersion: "sim/small@2026-01-01",
    fingerprint: "same",
    placedAt: 1_000,
    expiresAt: 61_000,
    startedAt: 1_000,
    sliceId: "",
    size: [],
    task: "",
    tags: {},
    ...more,
  };
}

export async function place(store: HoldStore, terms: HoldTerms): Promise<PlaceOutcome> {
  const { outcome, durable } = await store.place(terms);
  await durable;
  return outcome;
}

export async function limit(store: HoldStore, tenant: string, account: AccountRef, value: bigint): Promise<void> {
  await store.setLimits([{ ...HARD, tenant, account, unit: "nanousd", limit: value }]);
}

export async function viewOf(store: HoldStore, tenant: string, account: AccountRef): Promise<AccountView> {
  const [view] = await store.balances(tenant, [account]);
  assert.ok(view);
  return view;
}

export async function holdOf(store: HoldStore, tenant: string, id: string): Promise<Hold | undefined> {
  return (await store.find([{ tenant, id }])).get(id);
}

export function settled(tenant: string, id: string, total: Amounts, more: Partial<Settlement> = {}): Settlement {
  return { tenant, id, total, rank: 2, ending: "settled", at: 2_000, ...more };
}

/** The first limit without room. */
export function shortfallOf(outcome: PlaceOutcome | undefined) {
  assert.ok(outcome?.kind === "refused");
  const [shortfall] = outcome.shortfalls;
  assert.ok(shortfall);
  return shortfall;
}
