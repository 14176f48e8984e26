import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type {
  RenewRequest,
  RenewResponse,
  ShrinkRequest,
  ShrinkResponse,
  VoidRequest,
  VoidResponse,
} from "@sluice/proto/ledger/v1/ledger_service";
import type { LedgerConfig } from "../config.ts";
import type { LedgerMetrics } from "../ledger-metrics.ts";
import { endedEvent } from "../store/events.ts";
import { checkLife, checkName } from "./check-request.ts";
import type { HoldStore } from "./types.ts";

export interface HoldCallOptions {
  readonly store: HoldStore;
  readonly bus: Bus;
  readonly config: LedgerConfig;
  readonly metrics: LedgerMetrics;
  readonly now: () => number;
}

/** Moves the expiry of a live hold. @throws invalid_request, unavailable */
export async function renew(
  { store, config, now }: HoldCallOptions,
  { tenantId: tenant, holdId: id, ttlMs }: RenewRequest,
): Promise<RenewResponse> {
  checkName(tenant, id);
  checkLife(ttlMs, config.hold_ttl_max_ms);
  const renewed = await store.renew({ tenant, id }, now() + Number(ttlMs));
  return { live: renewed !== undefined, expiresAtMs: BigInt(renewed ?? 0) };
}

/** Lowers the money of a live hold. @throws invalid_request, unavailable */
export async function shrink({ store }: HoldCallOptions, request: ShrinkRequest): Promise<ShrinkResponse> {
  checkName(request.tenantId, request.holdId);
  if (request.keepNanousd < 0n) throw new SluiceError("invalid_request", "keep_nanousd is negative.");
  const held = await store.shrink({ tenant: request.tenantId, id: request.holdId }, request.keepNanousd);
  return { live: held !== undefined, heldNanousd: held ?? 0n };
}

/** Ends a live hold whose attempt never started. @throws invalid_request, unavailable */
export async function voidHold(
  { store, bus, metrics, now }: HoldCallOptions,
  { tenantId: tenant, holdId, reason }: VoidRequest,
): Promise<VoidResponse> {
  checkName(tenant, holdId);
  const at = now();
  const voided = await store.void({ tenant, id: holdId }, at);
  if (!voided) return { voided };
  metrics.voided.add();
  // A repeated call publishes again, so that a failure here is made good by it.
  await bus.publish(endedEvent({ holdId, tenant, ending: "void", at, reason: reason.slice(0, 200) }));
  return { voided };
}
