import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { newId } from "@sluice/platform/ids";
import type { AuditFacts } from "./route.ts";

/** What is known about a request before anybody has looked at it. */
export function newAudit(): AuditFacts {
  return { actor: "unknown", action: "door.refused", target: "", tenant: "system", outcome: "ok" };
}

/** Makes one request of the door a durable fact. @throws overloaded when the outbox is full */
export async function recordAudit(bus: Bus, facts: AuditFacts, now: number): Promise<void> {
  const auditId = newId("aud", now);
  await bus.publish({
    type: "audit.recorded",
    id: auditId,
    tenant: facts.tenant,
    payload: {
      auditId,
      tenantId: facts.tenant,
      actor: facts.actor,
      action: facts.action,
      target: facts.target,
      recordedAtMs: BigInt(now),
      outcome: facts.outcome,
    },
  });
}

/** Refuses a change that could not be audited. @throws overloaded when the outbox is full */
export function requireAuditable(bus: Bus): void {
  if (bus.health().outboxFullness < 1) return;
  throw new SluiceError(
    "overloaded",
    "The event outbox is full, so the change could not be audited: bring the bus back or free disk space, then repeat.",
  );
}
