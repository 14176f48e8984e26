import type { Bus } from "@sluice/platform/bus";
import type { Logger } from "@sluice/platform/log";
import { accountKey } from "../accounts.ts";
import { rankOf } from "../postings.ts";
import { knownAttempts } from "../store/apply.ts";
import type { AccountWindow } from "../store/budgets.ts";
import type { LedgerDatabase } from "../store/database.ts";
import type { LedgerReader } from "../store/reader.ts";
import { openHoldsOf, type Reading } from "./open-holds.ts";
import { isEnforced } from "./sessions.ts";
import { sessionOf } from "./slice.ts";
import type { AccountName, HoldStore, LimitChange } from "./types.ts";
import { instanceAt, type TimeZones } from "./windows.ts";

export interface RecoverOptions {
  readonly store: Pick<HoldStore, "settle" | "balances" | "setLimits" | "upkeep">;
  readonly database: LedgerDatabase;
  readonly reader: LedgerReader;
  readonly bus: Bus;
  readonly log: Logger;
  readonly limits: readonly LimitChange[];
  readonly zones: TimeZones;
  /** True if no other process uses the hold store, so that its counters may be set to the books at every start. */
  readonly alone: boolean;
  readonly now: () => number;
  /** From where on the streams have to be read for the holds that live; default their beginning. */
  readonly since?: Reading | undefined;
}

const IDS_AT_ONCE = 500;

/**
 * Makes the hold store agree with the books before anything is served. A store that lost its state gets its live holds back
 * from every `hold.placed` without an end.
 */
export async function recoverHolds(options: RecoverOptions): Promise<void> {
  const { store, reader, bus, log, alone } = options;
  const complete = await store.upkeep.isComplete();
  if (!complete) {
    const holds = await openHoldsOf(bus, options.since);
    await store.upkeep.restore(holds);
    log.info({ holds: holds.length }, "hold store rebuilt from events");
  }
  if (!complete || alone) {
    await settlePosted(options);
    await store.upkeep.setSpent(await reader.chargedWith(await limitedSessions(options)));
  }
  await alignLimits(options);
  if (!complete || alone) await alignWindows(options);
  if (!complete) await store.upkeep.markComplete();
}

async function limitedSessions({ store, limits }: RecoverOptions): Promise<readonly AccountName[]> {
  return [...limits, ...(await store.balances()).filter(isEnforced)].filter(
    ({ account }) => account.kind === "session",
  );
}

/** Ends live holds whose attempts are in the books already: the ledger died between its transaction and the hold store. */
async function settlePosted({ store, database, now }: RecoverOptions): Promise<void> {
  const live = [...(await store.upkeep.live())];
  for (let first = 0; first < live.length; first += IDS_AT_ONCE) {
    const holds = live.slice(first, first + IDS_AT_ONCE);
    const known = await knownAttempts(
      database,
      holds.map(({ id }) => id),
    );
    const settlements = holds.flatMap(({ id, tenant }) => {
      const record = known.get(id);
      if (record === undefined) return [];
      const ending = record.kind === "estimated" ? ("expired" as const) : ("settled" as const);
      return [{ id, tenant, total: record.net, rank: rankOf(record), ending, at: now() }];
    });
    if (settlements.length > 0) await store.settle(settlements);
  }
}

/** Sets the limits the books know, and removes those they no longer know. A session's slice brings its own. */
async function alignLimits({ store, limits }: RecoverOptions): Promise<void> {
  // Looked at first: a slice that another process opens meanwhile would seem to have no right to its limit.
  const views = await store.balances();
  const own = (await store.upkeep.live()).flatMap(({ id, tenant, size }) =>
    size.map(({ unit }) => limitName({ tenant, account: sessionOf({ id }), window: "total", unit, soft: false })),
  );
  const wanted = new Set([...own, ...limits.map(limitName)]);
  const gone = views.flatMap(({ tenant, account, limits: present }) =>
    present
      .map((limit): LimitChange => ({ ...limit, tenant, account, limit: undefined }))
      .filter((change) => !wanted.has(limitName(change))),
  );
  await store.setLimits([...gone, ...limits]);
}

function limitName({ tenant, account, window, unit, soft }: Omit<LimitChange, "limit">): string {
  return [tenant, window, unit, soft, accountKey(account)].join(" ");
}

/** Sets the windows' counters to what the books say of the instances that are under way. */
async function alignWindows({ store, reader, limits, zones, now }: RecoverOptions): Promise<void> {
  const at = now();
  const windows = new Map<string, AccountWindow>();
  for (const { tenant, account, window } of limits) {
    if (window === "total") continue;
    const instance = { window, ...instanceAt(window, zones.zoneOf(tenant), at) };
    windows.set([tenant, window, accountKey(account)].join(" "), { tenant, account, ...instance });
  }
  if (windows.size > 0) await store.upkeep.setWindows(await reader.chargedWindows([...windows.values()]));
}
