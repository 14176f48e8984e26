import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bus, DeliveredEvent, ReadOptions } from "@sluice/platform/bus";
import { HoldPlaced } from "@sluice/proto/events/v1/ledger_events";
import { placedEvent } from "./hold-terms.ts";
import { holdsOfText, openHoldsOf, readingOf, textOfHolds } from "./open-holds.ts";
import type { Hold } from "./types.ts";

const HOUR_MS = 3_600_000;
const NOW = Date.parse("2026-11-22T12:00:00Z");

function holdAt(id: string, placedAt: number, more: Partial<Hold> = {}): Hold {
  return {
    ...{ id, tenant: "acme", requestId: `req_${id}`, provider: "sim", model: "small", priceId: "sim/small" },
    ...{ priceVersion: "sim/small@2026-01-01", fingerprint: "", sliceId: "", task: "", tags: { team: "a" } },
    accounts: [{ kind: "org", id: "acme" }],
    amounts: { nanousd: 2n ** 53n + 1n, inputTokens: 3n, outputTokens: 4n },
    ...{ placedAt, startedAt: placedAt, expiresAt: placedAt + HOUR_MS, size: [], counters: [], started: false },
    ...{ state: "live", settled: { nanousd: 0n, inputTokens: 0n, outputTokens: 0n }, rank: 0, endedAt: 0 },
    ...more,
  };
}

/** A stream of what was placed and what ended. */
function busOf(placed: readonly Hold[], ended: readonly string[], started: readonly string[]): Pick<Bus, "read"> {
  const about = (type: string, stream: string) => (holdId: string) => ({ type, stream, at: NOW, json: { holdId } });
  const events: readonly { type: string; stream: string; at: number; json: unknown }[] = [
    ...placed.map((hold) => {
      const json = HoldPlaced.toJSON(placedEvent(hold).payload);
      return { type: "hold.placed", stream: "SLUICE_LEDGER", at: hold.placedAt, json };
    }),
    ...ended.map(about("hold.ended", "SLUICE_LEDGER")),
    ...started.map(about("attempt.started", "SLUICE_ATTEMPTS")),
  ];
  return {
    async *read({ stream, fromTime = 0 }: ReadOptions) {
      for (const { type, at, json, ...event } of events) {
        if (event.stream !== stream || at < fromTime) continue;
        yield { type, storedAt: at, json: JSON.stringify(json) } as DeliveredEvent;
      }
    },
  };
}

test("holds that live are carried as text, whole", () => {
  const slice = holdAt("ses_1", NOW, { size: [{ unit: "nanousd", value: 2n ** 53n + 1n }], started: true });
  assert.deepEqual(holdsOfText(textOfHolds([slice])), [slice]);
});

test("an old hold does not make the streams be read from its beginning", () => {
  const holds = [holdAt("young", NOW - 1_000), holdAt("old", NOW - 40 * 24 * HOUR_MS)];
  const { fromMs, carried } = readingOf(holds, NOW);
  assert.deepEqual(
    carried.map(({ id }) => id),
    ["old"],
  );
  assert.ok(fromMs <= NOW - 1_000 && fromMs > NOW - HOUR_MS);
  assert.equal(readingOf([], NOW).carried.length, 0);
});

test("with what was carried, the streams' ends tell of every hold that lives", async () => {
  const old = [holdAt("old", NOW - 40 * 24 * HOUR_MS), holdAt("over", NOW - 39 * 24 * HOUR_MS)];
  const young = [holdAt("young", NOW - 1_000), holdAt("ended", NOW - 1_000)];
  const bus = busOf([...old, ...young], ["over", "ended"], ["young"]) as Bus;
  const whole = await openHoldsOf(bus);
  const some = await openHoldsOf(bus, readingOf([...old, ...young], NOW));
  const names = (holds: readonly Hold[]): readonly string[] =>
    holds.map(({ id, started }) => `${id} ${started}`).sort();
  assert.deepEqual(names(whole), ["old false", "young true"]);
  assert.deepEqual(names(some), names(whole));
});
