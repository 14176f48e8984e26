import assert from "node:assert/strict";
import { test } from "node:test";
import { newId } from "@sluice/platform/ids";
import type { Flight } from "./attempt/flight.ts";
import { Flights } from "./flights.ts";

const flightOf = (attemptId: string, leave: () => void = () => undefined) =>
  ({ plan: { request: { attemptId } }, leave }) as unknown as Flight;

test("an attempt that has not begun never will once it is given up", () => {
  const flights = new Flights();
  const id = newId("att", Date.now() + 1_000);
  assert.equal(flights.abandon(id), false);
  assert.equal(flights.isBarred(id), true);
});

test("an attempt that began is told so, and its caller leaves, also when it has ended since", async () => {
  const flights = new Flights();
  const id = newId("att", Date.now() + 1_000);
  let left = 0;
  const run = Promise.withResolvers<void>();
  flights.add(
    flightOf(id, () => left++),
    run.promise,
  );
  assert.equal(flights.abandon(id), true);
  assert.equal(left, 1);
  run.resolve();
  await flights.settled();
  assert.equal(flights.abandon(id), true);
  assert.equal(flights.isBarred(id), false);
});

test("what may have begun before this process, or is forgotten, counts as begun", () => {
  const early = newId("att", Date.now() - 10_000);
  const flights = new Flights();
  assert.equal(flights.abandon(early), true);
  const first = newId("att", Date.now() + 1_000);
  flights.add(flightOf(first), Promise.resolve());
  for (let more = 0; more < 10_000; more++) flights.add(flightOf(newId("att", Date.now() + 2_000)), Promise.resolve());
  assert.equal(flights.abandon(first), true);
});
