import { UsageError } from "../failure.ts";
import { dayOf, dayStart } from "./figures.ts";
import type { Days } from "./tally.ts";

const DAY_MS = 86_400_000;

/** The days that two options choose, the second one exclusive as typed. @throws UsageError for what is no day, or no day at all */
export function chosenDays({ from, to }: { readonly from?: string; readonly to?: string }): Partial<Days> {
  const first = from === undefined ? undefined : dayStart(checked("--from", from));
  const end = to === undefined ? undefined : dayStart(checked("--to", to));
  if (first !== undefined && end !== undefined && first >= end) {
    throw new UsageError(`the period is empty: it begins on ${from} and ends before ${to}.`);
  }
  return {
    ...(first !== undefined && { first: dayOf(first) }),
    ...(end !== undefined && { last: dayOf(end - DAY_MS) }),
  };
}

function checked(option: string, text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(dayStart(text))) return text;
  throw new UsageError(`${option} "${text}" is no day: write it like 2026-11-01.`);
}
