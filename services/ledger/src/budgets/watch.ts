import type { RateKeeper } from "../rates/rate-keeper.ts";
import { changesSoFar } from "../store/settings.ts";
import type { StoredTimeZones } from "../store/time-zones.ts";
import type { WindowOptions } from "./open-windows.ts";
import { reopenWindows } from "./set-time-zone.ts";

export interface WatchOptions extends WindowOptions {
  readonly timeZones: StoredTimeZones;
  readonly rates: Pick<RateKeeper, "refresh">;
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
    const { database, budgets, timeZones, rates } = this.#options;
    const changes = await changesSoFar(database.db);
    if (changes === this.#seen) return;
    await budgets.load();
    await rates.refresh();
    await reopenWindows(this.#options, await timeZones.load());
    this.#seen = changes;
  }
}
