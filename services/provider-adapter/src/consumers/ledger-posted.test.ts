import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bus, DeliveredEvent, OutgoingEvent } from "@sluice/platform/bus";
import { createLogger } from "@sluice/platform/log";
import { Usage } from "@sluice/proto/common/v1/usage";
import { LedgerPosted } from "@sluice/proto/events/v1/ledger_events";
import type { FoundUsage } from "../provider.ts";
import { ledgerPostedConsumer } from "./ledger-posted.ts";

function estimate(kind: string): DeliveredEvent {
  const payload = LedgerPosted.fromPartial({ attemptId: "att_1", tenantId: "acme", provider: "sim", kind });
  return {
    stream: "SLUICE_LEDGER",
    subject: "sluice.ledger.posted.acme",
    sequence: 1n,
    id: `att_1.${kind}`,
    type: "ledger.posted",
    tenant: "acme",
    storedAt: 0,
    deliveries: 1,
    json: JSON.stringify(LedgerPosted.toJSON(payload)),
  };
}

function world(found: FoundUsage | undefined, running = false) {
  const published: OutgoingEvent[] = [];
  const asked: string[] = [];
  const consumer = ledgerPostedConsumer({
    bus: { publish: async (event: OutgoingEvent) => void published.push(event) } as unknown as Bus,
    log: createLogger({ service: "provider-adapter", level: "silent" }),
    now: () => 7,
    lookUp: async (_provider, attemptId) => {
      asked.push(attemptId);
      return found;
    },
    priceIdOf: () => "sim/exact",
    isRunning: () => running,
  });
  return { published, asked, handle: (kind: string) => consumer.handle([estimate(kind)]) };
}

test("an estimate is corrected by the provider's bill", async () => {
  const { handle, published } = world({ usage: Usage.fromPartial({ outputTokens: 3n }) });
  assert.deepEqual(await handle("estimated"), [{ kind: "done" }]);
  assert.deepEqual(
    published.map(({ type, payload }) => [type, (payload as { ending: string }).ending]),
    [["attempt.metered", "cut"]],
  );
});

test("a provider that knows of nothing takes the estimate back; one that cannot be asked leaves it", async () => {
  const nothing = world({ usage: undefined });
  await nothing.handle("estimated");
  assert.deepEqual(
    nothing.published.map(({ payload }) => (payload as { ending: string }).ending),
    ["not_sent"],
  );
  const mute = world(undefined);
  assert.deepEqual(await mute.handle("estimated"), [{ kind: "done" }]);
  assert.deepEqual(mute.published, []);
});

test("an attempt that still runs here is not asked about: it has no bill yet, and will be metered", async () => {
  const { handle, published, asked } = world({ usage: undefined }, true);
  const [outcome] = await handle("estimated");
  assert.equal(outcome?.kind, "retry");
  assert.deepEqual([published, asked], [[], []]);
});

test("other postings are none of its business", async () => {
  const { handle, asked } = world({ usage: undefined });
  assert.deepEqual(await handle("metered"), [{ kind: "done" }]);
  assert.deepEqual(asked, []);
});
