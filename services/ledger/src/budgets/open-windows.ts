import type { HoldStore, HoldUpkeep, LimitChange } from "../holds/types.ts";
import type { CalendarWindow } from "../holds/windows.ts";
import type { AccountWindow, Budgets, WindowInstance } from "../store/budgets.ts";
import type { LedgerDatabase } from "../store/database.ts";
import { LedgerReader } from "../store/reader.ts";
import { chargedWindows } from "../store/rollups.ts";
import { whileStill } from "../store/still.ts";
import type { Turns } from "../turns.ts";

export interface WindowOptions {
  readonly store: Pick<HoldStore, "setLimits"> & { readonly upkeep: Pick<HoldUpkeep, "setSpent"> };
  readonly budgets: Budgets;
  readonly database: LedgerDatabase;
  /** Settling waits meanwhile, so that no charge is counted twice or not at all. */
  readonly turns: Turns;
  readonly now: () => number;
}

/**
 * Tells the hold store about limits: those of calendar windows with what the books say was spent since the window began. No process adds to
 * the books meanwhile; what another one has booked but not yet settled counts twice until the self-check puts that right.
 */
export async function setLimits(options: WindowOptions, changes: readonly LimitChange[]): Promise<void> {
  await options.turns.take(() => enforce(options, changes, options.budgets.instance.bind(options.budgets)));
}

type InstanceOf = (tenant: string, window: CalendarWindow, at: number) => WindowInstance;

/** The same within a turn; `instanceOf` says when windows begin. */
export async function enforce(
  { store, database, now }: WindowOptions,
  changes: readonly LimitChange[],
  instanceOf: InstanceOf,
): Promise<void> {
  const at = now();
  const windows = changes.map((change): AccountWindow | undefined => {
    const { tenant, account, window, limit } = change;
    if (window === "total" || limit === undefined) return undefined;
    return { tenant, account, ...instanceOf(tenant, window, at) };
  });
  const asked = windows.filter((window) => window !== undefined);
  await whileStill(database, async (books) => {
    const sums = (await chargedWindows(books, asked)).values();
    const opened = changes.map((change, index): LimitChange => {
      const next = windows[index] === undefined ? undefined : sums.next().value;
      return next === undefined ? change : { ...change, opening: { start: next.start, spent: next.spent } };
    });
    await store.setLimits(opened);
    const sessions = changes.filter(({ account, limit }) => account.kind === "session" && limit !== undefined);
    // What a session has spent is not kept while nothing limits it.
    if (sessions.length > 0) {
      await store.upkeep.setSpent(await new LedgerReader({ ...database, ...books }).chargedOf(sessions));
    }
  });
}
