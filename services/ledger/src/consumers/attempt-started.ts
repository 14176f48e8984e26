import { type DeliveredEvent, payloadOf } from "@sluice/platform/bus";
import type { AttemptStarted } from "@sluice/proto/events/v1/attempt_events";
import { isHoldId, isTenant } from "../holds/check-request.ts";
import type { HoldStore } from "../holds/types.ts";

/** Notes in the hold store which attempts have started: from now on their holds are charged, not voided, if they expire. */
export async function applyStarted(store: HoldStore, events: readonly DeliveredEvent[]): Promise<void> {
  if (events.length === 0) return;
  const names = events.map((event) => {
    const started = payloadOf(event) as AttemptStarted;
    return { tenant: started.tenantId, id: started.holdId };
  });
  await store.markStarted(names.filter(({ tenant, id }) => isTenant(tenant) && isHoldId(id)));
}
