import { identityModule } from "@sluice/identity";
import { ingressModule } from "@sluice/ingress";
import { ledgerModule } from "@sluice/ledger";
import { SluiceError } from "@sluice/platform/errors";
import type { ServiceModule } from "@sluice/platform/module";
import { providerAdapterModule } from "@sluice/provider-adapter";
import { qualityMonitorModule } from "@sluice/quality-monitor";
import { routerModule } from "@sluice/router";
import { simulatorModule } from "@sluice/simulator";
import { validatorModule } from "@sluice/validator";

/** Every service, in the order in which they start; they stop in the reverse order. */
export const TARGETS: readonly ServiceModule[] = [
  simulatorModule,
  providerAdapterModule,
  validatorModule,
  ledgerModule,
  identityModule,
  qualityMonitorModule,
  routerModule,
  ingressModule,
];

/** The key of a service's section in sluice.yaml. */
export function sectionOf(service: string): string {
  return service.replaceAll("-", "_");
}

/**
 * Turns the names a person gives (`ingress,router`) into modules in start order.
 * @throws invalid_request for unknown or missing names, naming the known ones
 */
export function selectTargets(names: readonly string[]): readonly ServiceModule[] {
  const wanted = new Set(
    names
      .flatMap((name) => name.split(","))
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  );
  const known = TARGETS.map((target) => target.name);
  const unknown = [...wanted].filter((name) => !known.includes(name));
  if (unknown.length > 0 || wanted.size === 0) {
    const what =
      unknown.length > 0 ? `Unknown service ${unknown.map((name) => `"${name}"`).join(", ")}` : "No service named";
    throw new SluiceError("invalid_request", `${what}; known are ${known.join(", ")}.`);
  }
  return TARGETS.filter((target) => wanted.has(target.name));
}

/** The name of the module that owns a contract. @throws internal if none does */
export function ownerOf(contract: string): string {
  const owner = TARGETS.find((target) => target.owns.some((definition) => definition.fullName === contract));
  if (owner === undefined) throw new SluiceError("internal", `No service owns the contract ${contract}.`);
  return owner.name;
}
