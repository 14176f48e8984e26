import assert from "node:assert/strict";
import { test } from "node:test";
import { formatUsd, parseDuration, parseTokens, parseUsd } from "./amounts.ts";
import { UsageError } from "./failure.ts";

test("dollars are read exactly, also where a floating-point number would not be", () => {
  const cases: Array<[string, bigint]> = [
    ["5", 5_000_000_000n],
    ["0", 0n],
    ["0.1", 100_000_000n],
    ["0.3", 300_000_000n],
    ["0.000000001", 1n],
    ["9007199.254740993", 9_007_199_254_740_993n],
    ["9223372036.854775807", 2n ** 63n - 1n],
    ["007.50", 7_500_000_000n],
  ];
  for (const [text, nano] of cases) assert.equal(parseUsd(text), nano, text);
});

test("what is no amount is refused with the reason", () => {
  const cases: Array<[string, RegExp]> = [
    ["-1", /negative/],
    ["-0.5", /negative/],
    ["0.0000000001", /10 decimals: the smallest amount/],
    ["9223372036.854775808", /too much: at most 9223372036\.854775807/],
    ...["", "5.", ".5", "1e3", "1,5", "$5", "5 USD", "NaN", "0x10", "٥"].map((text): [string, RegExp] => [
      text,
      /no amount/,
    ]),
  ];
  for (const [text, reason] of cases) {
    assert.throws(
      () => parseUsd(text),
      (error) => error instanceof UsageError && reason.test(error.message),
      text,
    );
  }
});

test("amounts are shown whole, with two decimals at least", () => {
  assert.equal(formatUsd(0n), "0.00");
  assert.equal(formatUsd(5_000_000_000n), "5.00");
  assert.equal(formatUsd(1n), "0.000000001");
  assert.equal(formatUsd(-1_500_000_000n), "-1.50");
  assert.equal(formatUsd(9_007_199_254_740_993n), "9007199.254740993");
  assert.equal(formatUsd(123_400_000n), "0.1234");
});

test("durations and token counts", () => {
  assert.deepEqual(
    ["90s", "15m", "12h", "30d", "2w"].map(parseDuration),
    [90_000, 900_000, 43_200_000, 2_592_000_000, 1_209_600_000],
  );
  for (const bad of ["", "30", "d", "0d", "-1d", "1y", "1.5h"]) assert.throws(() => parseDuration(bad), UsageError);
  assert.equal(parseTokens("9007199254740993"), 9_007_199_254_740_993n);
  for (const bad of ["", "-1", "1.5", "1e6", "9223372036854775808"]) assert.throws(() => parseTokens(bad), UsageError);
});
