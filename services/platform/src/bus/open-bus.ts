import type { EmbeddedBusOptions } from "./embedded-bus.ts";
import type { JetStreamBusOptions } from "./jetstream-bus.ts";
import type { Bus } from "./types.ts";

export type BusOptions = EmbeddedBusOptions | JetStreamBusOptions;

/**
 * Opens the bus of this process; only the kind that is asked for is loaded.
 * @throws unavailable when another process has the file, overloaded when the disk is full.
 */
export async function openBus(options: BusOptions): Promise<Bus> {
  if (options.kind === "embedded") return (await import("./embedded-bus.ts")).openEmbeddedBus(options);
  return (await import("./jetstream-bus.ts")).openJetStreamBus(options);
}
