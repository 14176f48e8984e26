import type { ServiceContext } from "@sluice/platform/module";
import { type BookKeeper, OwnKeeper } from "./books/keeper.ts";
import { ThreadKeeper } from "./books/thread-keeper.ts";
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
  readonly keeper: BookKeeper;
  readonly reader: LedgerReader;
  readonly zones: KnownTimeZones;
  readonly timeZones: StoredTimeZones;
  readonly budgets: Budgets;
  readonly months: Months;
  readonly outbox: Outbox;
  readonly turns: Turns;
  /** To be called when nobody writes or asks any more. */
  close(): Promise<void>;
}

/** Opens the ledger's database, migrated, with room for this month and the next. */
export async function openBooks(context: ServiceContext<LedgerConfig>, now: () => number): Promise<OpenBooks> {
  const { config, bus, log } = context;
  const thread = await ownThread(context);
  const database = thread?.database ?? (await context.database<LedgerSchema>(migrations));
  const zones = new KnownTimeZones();
  const timeZones = new StoredTimeZones(database, zones);
  await timeZones.load();
  const months = new Months(database);
  await months.ensureAhead(now());
  const budgets = new Budgets(database, config.crossed_percents, zones);
  return {
    database,
    keeper: thread ?? new OwnKeeper({ database, budgets, months }),
    reader: new LedgerReader(database),
    zones,
    timeZones,
    budgets,
    months,
    outbox: new Outbox({ database, bus, log }),
    turns: new Turns(),
    close: async () => {
      await thread?.stop();
    },
  };
}

/** A file is written by this process, which has others to answer meanwhile; what a database server does needs no thread here. */
async function ownThread({ config, databaseOptions }: ServiceContext<LedgerConfig>): Promise<ThreadKeeper | undefined> {
  const options = databaseOptions();
  if (options.kind !== "sqlite" || !config.books_on_thread) return undefined;
  return await ThreadKeeper.start(options, config.crossed_percents);
}
