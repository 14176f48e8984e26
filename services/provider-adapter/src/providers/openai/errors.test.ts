import assert from "node:assert/strict";
import { test } from "node:test";
import { mapError } from "./errors.ts";
import { parseDuration, retryAfterOf } from "./retry-after.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

function map(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return mapError({ name: "acme" }, { status, headers, body: text }, NOW);
}

test("the provider's words decide before its status", () => {
  const cases: readonly (readonly [number, unknown, string])[] = [
    [429, { error: { code: "rate_limit_exceeded", message: "slow" } }, "upstream_rate_limited"],
    [429, { error: { code: "insufficient_quota", message: "pay" } }, "upstream_quota_exhausted"],
    [429, { error: { type: "insufficient_quota", message: "pay" } }, "upstream_quota_exhausted"],
    [413, { error: { code: "rate_limit_exceeded", message: "too large" } }, "upstream_context_too_long"],
    [400, { error: { code: "context_length_exceeded", message: "long" } }, "upstream_context_too_long"],
    [400, { error: { message: "This model's maximum context length is 8192 tokens." } }, "upstream_context_too_long"],
    [400, { error: { code: "content_filter", message: "no" } }, "upstream_content_blocked"],
    [400, { error: { message: "bad", type: "invalid_request_error" } }, "upstream_invalid_request"],
    [401, { detail: "Unauthorized" }, "upstream_unauthenticated"],
    [402, { error: { message: "Insufficient Balance" } }, "upstream_quota_exhausted"],
    [403, { error: "denied" }, "upstream_forbidden"],
    [404, { error: { message: "tools is not supported in this model." } }, "upstream_invalid_request"],
    [404, { error: { code: "model_not_found", message: "none" } }, "upstream_model_not_found"],
    [408, "", "upstream_timeout"],
    [409, "", "upstream_overloaded"],
    [422, { object: "error", message: { detail: [1] } }, "upstream_invalid_request"],
    [500, { error: { message: "oops", type: "server_error" } }, "upstream_unavailable"],
    [502, "<html>bad</html>", "upstream_unavailable"],
    [503, '{"error":{"mess', "upstream_overloaded"],
    [504, "", "upstream_timeout"],
    [529, "", "upstream_overloaded"],
    [301, "", "upstream_bad_response"],
    [200, { error: { code: 429, message: "upstream" } }, "upstream_rate_limited"],
    [200, { error: { type: "invalid_request_error", message: "x" } }, "upstream_invalid_request"],
    [200, { error: { message: "x" } }, "upstream_unavailable"],
    [200, [{ error: { code: 503, message: "x" } }], "upstream_overloaded"],
    [429, { error: { code: "constructor", message: "x" } }, "upstream_rate_limited"],
  ];
  for (const [status, body, code] of cases)
    assert.equal(map(status, body).code, code, `${status} ${JSON.stringify(body)}`);
});

test("the sentence is kept, credentials are struck out, the body is cut", () => {
  const error = map(401, {
    error: { message: "Incorrect key: sk-abcdefghijklmnopqrstu.", code: "invalid_api_key", param: "key" },
  });
  assert.equal(error.message, "Incorrect key: [redacted].");
  assert.deepEqual(
    [error.details.providerCode, error.details.param, error.details.upstreamStatus],
    ["invalid_api_key", "key", 401],
  );
  const long = map(500, `sk-abcdefghijklmnopqrstu ${"x".repeat(9_000)}`);
  assert.doesNotMatch(long.details.upstreamBody ?? "", /sk-abc/);
  assert.equal(long.details.upstreamBody?.length, 2_048);
  assert.match(map(502, "<html>").message, /acme answered with HTTP 502/);
});

test("the wait comes in every known spelling", () => {
  const wait = (headers: Record<string, string>) => retryAfterOf(headers, NOW, true);
  assert.equal(wait({ "retry-after": "2" }), 2_000);
  assert.equal(wait({ "retry-after": "0.5" }), 500);
  assert.equal(wait({ "retry-after": "Thu, 01 Jan 2026 00:00:07 GMT" }), 7_000);
  assert.equal(wait({ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }), 0);
  assert.equal(wait({ "retry-after-ms": "12.2", "retry-after": "9" }), 13);
  assert.equal(wait({ "x-ratelimit-reset-requests": "6ms", "x-ratelimit-reset-tokens": "1m12.5s" }), 72_500);
  const exhausted = {
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "9s",
  };
  assert.equal(wait(exhausted), 6);
  assert.equal(wait({ "retry-after": "soon" }), undefined);
  assert.equal(wait({ "retry-after": "-1" }), undefined);
  assert.equal(wait({ "retry-after": "99999999" }), 86_400_000);
  assert.equal(retryAfterOf({ "x-ratelimit-reset-tokens": "9s" }, NOW, false), undefined);
  assert.deepEqual(["8.64s", "2h", "1x", "", "s"].map(parseDuration), [
    8_640,
    7_200_000,
    undefined,
    undefined,
    undefined,
  ]);
});
