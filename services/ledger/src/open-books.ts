import type { ServiceContext } from "@sluice/platform/module";
import type { LedgerConfig } from "./config.ts";
import { KnownTimeZones } from "./holds/windows.ts";
import { Budgets } from "./store/budgets.ts";
import type { LedgerDatabase } from "./store/database.ts";
import { migrations } from "./store/migrations.ts";
import { Months } from "./store/months.ts";
import { Outbox } from "./store/outbox.ts";
import { LedgerReader } from "./store/reader.ts";
import type { LedgerSchema } from "./store/schema.ts";
import { StoredTimeZones } from "./store/time-zones.ts";
import { Turns } from "./turns.ts";

/** The books, and everything that is kept in memory of them. */
export interface OpenBooks {
  readonly database: LedgerDatabase;
  readonly reader: LedgerReader;
  readonly zones: KnownTimeZones;
  readonly timeZones: StoredTimeZones;
  readonly budgets: Budgets;
  readonly months: Months;
  readonly outbox: Outbox;
  readonly turns: Turns;
}

/** Opens the ledger's database, migrated, with room for this month and the next. */
export async function openBooks(context: ServiceContext<LedgerConfig>, now: () => number): Promise<OpenBooks> {
  const { config, bus, log } = context;
  const database = await context.database<LedgerSchema>(migrations);
  const zones = new KnownTimeZones();
  const timeZones = new StoredTimeZones(database, zones);
  await timeZones.load();
  const months = new Months(database);
  await months.ensureAhead(now());
  return {
    database,
    reader: new LedgerReader(database),
    zones,
    timeZones,
    budgets: new Budgets(database, config.crossed_percents, zones),
    months,
    outbox: new Outbox({ database, bus, log }),
    turns: new Turns(),
  };
}
