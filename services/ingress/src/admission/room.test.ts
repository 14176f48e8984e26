import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { InFlightGate } from "./in-flight-gate.ts";

test("the bodies of all requests in flight share one bound, and give their room back", () => {
  const gate = new InFlightGate({ total: 10, perKey: 0, bytes: 1_000 });
  const first = gate.enter("key_a", new AbortController());
  const second = gate.enter("key_a", new AbortController());
  first.reserve(600);
  first.reserve(300);
  assert.throws(
    () => second.reserve(101),
    (thrown) =>
      thrown instanceof SluiceError && thrown.code === "overloaded" && /in_flight_bytes_max/.test(thrown.message),
  );
  second.reserve(100);
  first.release();
  first.release();
  second.reserve(900);
  assert.throws(() => second.reserve(1));
  second.release();
  gate.enter("key_b", new AbortController()).reserve(1_000);
});
