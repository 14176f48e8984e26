import { join } from "node:path";
import type { ServiceContext } from "@sluice/platform/module";
import type { LedgerConfig } from "../config.ts";
import type { LedgerDatabase } from "../store/database.ts";
import { FenceRecords } from "../store/hold-epochs.ts";
import { EmbeddedHoldStore } from "./embedded-store.ts";
import { type Recover, SharedStore } from "./shared-store.ts";
import type { HoldStore } from "./types.ts";
import type { TimeZones } from "./windows.ts";

const HOUR_MS = 3_600_000;

/** Whether holds are admitted, and why not. */
export interface Admittance {
  /** Empty while they are. */
  readonly closedReason: string;
  /** Grows with each rebuild of the shared store; 0 for a process's own store and while there is none. */
  readonly epoch: bigint;
  /** Rebuilds by this process. */
  readonly rebuilds: number;
}

export interface OpenedHolds {
  readonly store: HoldStore;
  /** True if no other process uses the store. */
  readonly alone: boolean;
  /** Makes the store agree with the books, now and whenever it has lost its state; resolves when holds can be placed. */
  start(recover: Recover): Promise<void>;
  admittance(): Admittance;
  stop(): Promise<void>;
}

export interface OpenOptions {
  readonly database: LedgerDatabase;
  readonly zones: TimeZones;
  readonly now: () => number;
}

/** The shared hold store where there is Redis, else this process's own. */
export async function openHolds(context: ServiceContext<LedgerConfig>, options: OpenOptions): Promise<OpenedHolds> {
  const redis = await context.redis();
  if (redis === undefined) return await openOwn(context, options);
  const { bus, log, metrics, config } = context;
  const rememberMs = config.remember_ended_hours * HOUR_MS;
  const unchecked = config.redis_unchecked;
  const shared = new SharedStore({ ...options, redis, bus, log, metrics, rememberMs, unchecked });
  return {
    store: shared.store,
    alone: false,
    start: (recover) => shared.start(recover),
    admittance: () => shared.fence,
    stop: () => shared.stop(),
  };
}

async function openOwn(
  { directory, durability }: ServiceContext<LedgerConfig>,
  { database, zones }: OpenOptions,
): Promise<OpenedHolds> {
  await new FenceRecords(database).abandon();
  const store = new EmbeddedHoldStore(join(directory, "holds.sqlite"), durability, zones);
  const admitted = { closedReason: "", epoch: 0n, rebuilds: 0 };
  return {
    store,
    alone: true,
    start: (recover) => recover(store),
    admittance: () => admitted,
    stop: async () => undefined,
  };
}
