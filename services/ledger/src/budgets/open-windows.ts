import type { HoldStore, LimitChange } from "../holds/types.ts";
import type { CalendarWindow } from "../holds/windows.ts";
import type { AccountWindow, Budgets, WindowInstance } from "../store/budgets.ts";
import type { LedgerReader } from "../store/reader.ts";
import type { Turns } from "../turns.ts";

export interface WindowOptions {
  readonly store: Pick<HoldStore, "setLimits">;
  readonly budgets: Budgets;
  readonly reader: LedgerReader;
  /** Settling waits meanwhile, so that no charge is counted twice or not at all. */
  readonly turns: Turns;
  readonly now: () => number;
}

/**
 * Tells the hold store about limits: those of calendar windows with what the books say was spent since the window began. Another process
 * that settles at the same time may have its charge counted twice for a moment; the self-check puts that right.
 */
export async function setLimits(options: WindowOptions, changes: readonly LimitChange[]): Promise<void> {
  await options.turns.take(() => enforce(options, changes, options.budgets.instance.bind(options.budgets)));
}

type InstanceOf = (tenant: string, window: CalendarWindow, at: number) => WindowInstance;

/** The same within a turn; `instanceOf` says when windows begin. */
export async function enforce(
  { store, reader, now }: WindowOptions,
  changes: readonly LimitChange[],
  instanceOf: InstanceOf,
): Promise<void> {
  const at = now();
  const windows = changes.map((change): AccountWindow | undefined => {
    const { tenant, account, window, limit } = change;
    if (window === "total" || limit === undefined) return undefined;
    return { tenant, account, ...instanceOf(tenant, window, at) };
  });
  const charged = await reader.chargedWindows(windows.filter((window) => window !== undefined));
  const sums = charged.values();
  const opened = changes.map((change, index): LimitChange => {
    const window = windows[index];
    const next = window === undefined ? undefined : sums.next().value;
    if (next === undefined) return change;
    return { ...change, opening: { start: next.start, spent: next.spent } };
  });
  await store.setLimits(opened);
}
