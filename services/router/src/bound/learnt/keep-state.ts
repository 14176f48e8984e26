import { join } from "node:path";
import type { Logger } from "@sluice/platform/log";
import type { Metrics } from "@sluice/platform/metrics";
import { LearntFigures } from "./learnt-figures.ts";
import { readState, writeState } from "./state.ts";

const SAVE_EVERY_MS = 30_000;

/** Learnt figures that outlive the process. */
export interface KeptFigures {
  readonly figures: LearntFigures;
  /** Writes what is new and stops. */
  stop(): Promise<void>;
}

/**
 * Opens the figures kept in a data directory and writes them again every half minute while something is learnt. They make bounds closer and nothing
 * else depends on them: unreadable ones are said and begun anew, and what a crash loses is learnt again.
 */
export async function keepFigures(options: {
  readonly dataDirectory: string;
  readonly metrics: Metrics;
  readonly log: Logger;
}): Promise<KeptFigures> {
  const { dataDirectory, metrics, log } = options;
  const path = join(dataDirectory, "router", "learnt-figures.json");
  const stored = await readState(path).catch((error: unknown) => {
    log.warn({ err: error, path }, "learnt figures not readable, begun anew");
    return undefined;
  });
  const figures = new LearntFigures(metrics, stored);
  let writing: Promise<void> = Promise.resolve();
  const save = async (): Promise<void> => {
    if (!figures.changed) return;
    figures.changed = false;
    await writeState(path, figures.state()).catch((error: unknown) => {
      figures.changed = true;
      log.warn({ err: error, path }, "learnt figures not written");
    });
  };
  const timer = setInterval(() => {
    writing = writing.then(save);
  }, SAVE_EVERY_MS);
  timer.unref();
  return {
    figures,
    stop: async () => {
      clearInterval(timer);
      await writing.then(save);
    },
  };
}
