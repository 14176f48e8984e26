import assert from "node:assert/strict";
import { test } from "node:test";
import { printUsd } from "./cost.ts";
import { answerHeaders } from "./headers.ts";

test("money is printed exactly", () => {
  const cases: readonly (readonly [bigint, string])[] = [
    [0n, "0"],
    [1n, "0.000000001"],
    [1_500_000n, "0.0015"],
    [1_000_000_000n, "1"],
    [9_007_199_254_740_993n, "9007199.254740993"],
    [-20n, "-0.00000002"],
  ];
  for (const [nanoUsd, text] of cases) assert.equal(printUsd(nanoUsd), text);
});

test("headers hold printable ASCII only, and not too much of it", () => {
  const head = {
    attemptId: "a",
    provider: "p",
    model: "modèle 1%\r\nx: y",
    attempts: 2,
    simulated: false,
    warnings: ["naïve\r\nset-cookie: x", "w".repeat(10_000)],
    outputTokenBound: 0n,
    rate: {},
    budgetWarnings: [],
  };
  const headers = answerHeaders(head, undefined);
  for (const value of Object.values(headers)) assert.match(value, /^[\x20-\x7e]{1,2048}$/);
  assert.equal(headers["x-sluice-model"], "mod%C3%A8le%201%25%0D%0Ax:%20y");
  assert.equal(headers["x-sluice-cost-usd"], undefined);
  assert.equal(headers["x-sluice-simulated"], undefined);
});
