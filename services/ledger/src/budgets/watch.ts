import type { LedgerDatabase } from "../store/database.ts";
import { changesSoFar } from "../store/settings.ts";
import type { StoredTimeZones } from "../store/time-zones.ts";
import type { WindowOptions } from "./open-windows.ts";
import { reopenWindows } from "./set-time-zone.ts";

export interface WatchOptions extends WindowOptions {
  readonly database: LedgerDatabase;
  readonly timeZones: StoredTimeZones;
}

/** Sees limits and time zones that another process has changed. */
export class SettingsWatch {
  readonly #options: WatchOptions;
  #seen: bigint | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Looks once: a single row, unless something has changed. */
  async look(): Promise<void> {
    const { database, budgets, timeZones } = this.#options;
    const changes = await changesSoFar(database.db);
    if (changes === this.#seen) return;
    await budgets.load();
    await reopenWindows(this.#options, await timeZones.load());
    this.#seen = changes;
  }
}
