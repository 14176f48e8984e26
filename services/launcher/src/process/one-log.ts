import { SluiceError } from "@sluice/platform/errors";
import type { ServiceModule } from "@sluice/platform/module";

export interface SharedLogInput {
  readonly kind: "embedded" | "jetstream";
  /** Services that are to run in this process. */
  readonly modules: readonly ServiceModule[];
  /** Services of the whole installation. */
  readonly all: readonly ServiceModule[];
}

/**
 * The embedded log is a file of one process: services of another process would wait for ever for facts they never see. So the services
 * that exchange facts run all here, or none of them. A module without contracts (the simulator) talks to nobody and may run anywhere.
 * @throws invalid_request naming the services that are missing
 */
export function checkSharedLog({ kind, modules, all }: SharedLogInput): void {
  if (kind !== "embedded") return;
  const here = modules.filter(exchangesFacts);
  const missing = all.filter((module) => exchangesFacts(module) && !here.includes(module)).map(({ name }) => name);
  if (here.length === 0 || missing.length === 0) return;
  throw new SluiceError(
    "invalid_request",
    `bus.kind is embedded: its events never leave this process, but ${missing.join(", ")} would run in another one. ` +
      "Run all services here (`sluice up`), or set bus.kind to jetstream and bus.servers to your NATS servers.",
  );
}

function exchangesFacts({ owns, calls }: ServiceModule): boolean {
  return owns.length > 0 || calls.length > 0;
}
