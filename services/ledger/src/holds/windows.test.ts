import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  CALENDAR_WINDOWS,
  counterKey,
  counterOfKey,
  instanceAt,
  instanceName,
  instanceOfName,
  isTimeZone,
  latestEnd,
} from "./windows.ts";

const HOUR_MS = 3_600_000;

for (const [what, window, zone, at, start, hours] of [
  ["a day", "day", "UTC", "2026-11-22T22:10:00Z", "2026-11-22T00:00:00Z", 24],
  ["a day of 25 hours", "day", "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", 25],
  ["a day of 23 hours", "day", "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", 23],
  [
    "a day whose midnight does not exist",
    "day",
    "America/Sao_Paulo",
    "2018-11-04T12:00:00Z",
    "2018-11-04T03:00:00Z",
    23,
  ],
  ["an hour of half an hour's offset", "hour", "Asia/Kolkata", "2026-03-29T12:10:00Z", "2026-03-29T11:30:00Z", 1],
  ["an hour of a quarter's offset", "hour", "Asia/Kathmandu", "2026-03-29T12:10:00Z", "2026-03-29T11:15:00Z", 1],
  [
    "an hour cut by clocks that go back by half of it",
    "hour",
    "Australia/Lord_Howe",
    "2026-04-04T15:10:00Z",
    "2026-04-04T15:00:00Z",
    0.5,
  ],
  ["a week, from Monday", "week", "UTC", "2026-11-22T22:00:00Z", "2026-11-16T00:00:00Z", 168],
  ["a month with a change of clocks", "month", "Europe/Berlin", "2026-10-22T22:00:00Z", "2026-09-30T22:00:00Z", 745],
  ["a leap year's February", "month", "UTC", "2028-02-29T23:59:59Z", "2028-02-01T00:00:00Z", 696],
] as const) {
  test(`${what} begins and ends where the calendar says`, () => {
    const found = instanceAt(window, zone, Date.parse(at));
    assert.equal(new Date(found.start).toISOString(), start.replace("Z", ".000Z"));
    assert.equal((found.end - found.start) / HOUR_MS, hours);
  });
}

test("in every zone each moment is in one instance, which begins on a quarter hour and is over by its latest end", () => {
  const zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"];
  const moment = fc.integer({ min: Date.UTC(2005, 0, 1), max: Date.UTC(2035, 0, 1) });
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.constantFrom(...CALENDAR_WINDOWS), moment, (zone, window, at) => {
      const { start, end } = instanceAt(window, zone, at);
      assert.ok(start <= at && at < end && start % 900_000 === 0 && end <= latestEnd(window, start));
      assert.equal(instanceAt(window, zone, start).start, start);
      assert.equal(instanceAt(window, zone, end - 1).start, start);
      assert.equal(instanceAt(window, zone, end).start, end);
    }),
    { numRuns: 1_000 },
  );
});

test("names of instances and counters can be read again, others are none", () => {
  const account = { kind: "org", id: "a|b@c" } as const;
  const name = instanceName("week", 1_763_766_000_000);
  assert.deepEqual(instanceOfName(name), { window: "week", start: 1_763_766_000_000 });
  assert.deepEqual(counterOfKey(counterKey(name, account)), { instance: name, account });
  for (const text of ["", "day", "day@x", "year@5", "total@0"]) assert.equal(instanceOfName(text), undefined);
});

test("time zones are those with a name", () => {
  for (const name of ["UTC", "Europe/Berlin", "Etc/GMT-5"]) assert.equal(isTimeZone(name), true, name);
  for (const name of ["", "Mars/Olympus", "+01:00", "-05:00", "Europe/Berlin\n"])
    assert.equal(isTimeZone(name), false, name);
});
