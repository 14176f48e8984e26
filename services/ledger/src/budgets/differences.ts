import { type AccountRef, accountKey } from "../accounts.ts";
import { type Amounts, NOTHING, sameAmounts } from "../amounts.ts";
import { isEnforced } from "../holds/sessions.ts";
import type { AccountView, CounterState, SpentRow } from "../holds/types.ts";
import type { AccountWindow } from "../store/budgets.ts";
import type { ChargedWindow } from "../store/rollups.ts";

/** A counter that does not say what the books say. */
export interface Difference {
  /** Tenant and account, with the window if it is a window's counter. */
  readonly name: string;
  readonly tenant: string;
  readonly account: AccountRef;
  /** Undefined for the total. */
  readonly window: AccountWindow | undefined;
  readonly booked: Amounts;
  /** True for a window's counter that the store does not have at all: then it is no charge in flight, whose hold would have made it. */
  readonly missing: boolean;
  /** Both sides, for comparison. */
  readonly figures: string;
}

const EMPTY: CounterState = { spent: NOTHING, held: NOTHING, openHolds: 0 };

/** Counters that differ from the books; of windows those that the books are given for, where the store has the account. */
export function differencesOf(
  views: readonly AccountView[],
  charged: readonly SpentRow[],
  windows: readonly ChargedWindow[],
): readonly Difference[] {
  const enforced = new Map(views.filter(isEnforced).map((view) => [nameOf(view), view]));
  const sessions = charged.filter((row) => row.account.kind !== "session" || enforced.has(nameOf(row)));
  const booked = new Map(sessions.map((row) => [nameOf(row), row]));
  const totals = [...new Map<string, Named>([...booked, ...enforced])].flatMap(([name, { tenant, account }]) =>
    differenceOf(
      { name, tenant, account, window: undefined, missing: false },
      { counter: enforced.get(name)?.spent ?? NOTHING, booked: booked.get(name)?.spent ?? NOTHING },
    ),
  );
  const calendars = windows.flatMap((window) => {
    const { tenant, account, spent } = window;
    const view = enforced.get(nameOf(window));
    if (view === undefined) return [];
    const about = { name: `${nameOf(window)} (${window.window})`, tenant, account, window };
    const counter = counterOf(view, window);
    return differenceOf({ ...about, missing: counter === EMPTY }, { counter: counter.spent, booked: spent });
  });
  return [...totals, ...calendars];
}

/** The counter of an instance; one that no hold was placed in has none yet. */
export function counterOf(view: AccountView, { window, start }: AccountWindow): CounterState {
  return view.windows.find((each) => each.window === window && each.start === start) ?? EMPTY;
}

interface Named {
  readonly tenant: string;
  readonly account: AccountRef;
}

/** A string that names an account among those of all tenants. */
export function nameOf({ tenant, account }: Named): string {
  return `${tenant} ${accountKey(account)}`;
}

type Sides = { readonly counter: Amounts; readonly booked: Amounts };

function differenceOf(about: Omit<Difference, "booked" | "figures">, { counter, booked }: Sides): Difference[] {
  if (sameAmounts(counter, booked)) return [];
  const figures = [counter, booked]
    .map((side) => [side.nanousd, side.inputTokens, side.outputTokens].join(","))
    .join(" ");
  return [{ ...about, booked, figures }];
}
