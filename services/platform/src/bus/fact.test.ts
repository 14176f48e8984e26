import assert from "node:assert/strict";
import { test } from "node:test";
import { AttemptMetered } from "@sluice/proto/events/v1/attempt_events";
import { dedupeKey, idFromKey, payloadOf, toFact } from "./fact.ts";
import { parseDelivery } from "./jetstream-message.ts";
import { EVENTS, isEventType, STREAMS, type StreamName, subjectsOf } from "./subjects.ts";
import type { DeliveredEvent } from "./types.ts";

test("every event's subject belongs to one stream only", () => {
  const subjects = (Object.keys(STREAMS) as StreamName[]).flatMap(subjectsOf);
  assert.equal(new Set(subjects).size, subjects.length);
  assert.equal(subjects.length, Object.keys(EVENTS).length + 1);
  for (const subject of subjects) assert.match(subject, /^sluice\.[a-z]+\.([a-z_]+\.)?\*$/);
});

test("a 64-bit value survives the way through JSON", () => {
  const payload = AttemptMetered.fromPartial({ attemptId: "att_1", startedAtMs: 2n ** 53n + 1n });
  const fact = toFact({ type: "attempt.metered", id: "att_1", tenant: "org_a", payload });
  assert.match(fact.json, /"startedAtMs":"9007199254740993"/);
  const event = { ...fact, traceparent: "", subject: "", sequence: 1n, storedAt: 0, deliveries: 1 } as DeliveredEvent;
  assert.equal(payloadOf(event, "attempt.metered").startedAtMs, 2n ** 53n + 1n);
  assert.equal(payloadOf(event), payloadOf(event), "parsed once");
});

test("a broken traceparent is left out rather than passed on", () => {
  const payload = AttemptMetered.create();
  const base = { type: "attempt.metered", id: "a", tenant: "t", payload } as const;
  assert.equal(toFact({ ...base, traceparent: "00-x" }).traceparent, null);
});

test("the id is read back from the key, also from a foreign one", () => {
  assert.equal(idFromKey("attempt.metered", dedupeKey("attempt.metered", "att_1")), "att_1");
  assert.equal(idFromKey("attempt.metered", "custom"), "custom");
  assert.equal(isEventType("toString"), false);
});

test("delivery facts are read from old and new reply subjects", () => {
  const expected = { deliveries: 2, sequence: 70, consumerSequence: 9, storedAt: 1_700_000_000_123, pending: 4 };
  assert.deepEqual(parseDelivery("$JS.ACK.S.d.2.70.9.1700000000123456789.4"), expected);
  assert.deepEqual(parseDelivery("$JS.ACK._.acc.S.d.2.70.9.1700000000123456789.4.rnd"), expected);
  assert.equal(parseDelivery("_INBOX.abc"), undefined);
});
