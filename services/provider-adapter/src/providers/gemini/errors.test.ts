import assert from "node:assert/strict";
import { test } from "node:test";
import { mapError } from "./errors.ts";

function map(status: number, body: unknown, headers: Record<string, string> = {}) {
  return mapError("acme", { status, headers, body: typeof body === "string" ? body : JSON.stringify(body) }, 0);
}

const failed = (code: number, status: string, message: string, details: object[] = []) => ({
  error: { code, status, message, details },
});
const detail = (type: string, rest: object) => ({ "@type": `type.googleapis.com/google.rpc.${type}`, ...rest });
const quota = (quotaId: string) => detail("QuotaFailure", { violations: [{ quotaId }] });
const SPENT = "You exceeded your current quota, please check your plan and billing details.";

test("words and details decide before the status", () => {
  const cases: readonly (readonly [number, unknown, string])[] = [
    [
      400,
      failed(400, "INVALID_ARGUMENT", "bad", [detail("ErrorInfo", { reason: "API_KEY_INVALID" })]),
      "upstream_unauthenticated",
    ],
    [400, failed(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."), "upstream_unauthenticated"],
    [
      400,
      failed(
        400,
        "INVALID_ARGUMENT",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
      ),
      "upstream_context_too_long",
    ],
    [400, failed(400, "INVALID_ARGUMENT", "Function call is missing a thought_signature"), "upstream_invalid_request"],
    [400, failed(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), "upstream_forbidden"],
    [400, failed(400, "INVALID_ARGUMENT", "blocked by our safety filters"), "upstream_content_blocked"],
    [403, failed(403, "PERMISSION_DENIED", "no"), "upstream_forbidden"],
    [404, failed(404, "NOT_FOUND", "models/x is not found"), "upstream_model_not_found"],
    [
      429,
      failed(429, "RESOURCE_EXHAUSTED", SPENT, [
        quota("GenerateRequestsPerDayPerProject"),
        detail("RetryInfo", { retryDelay: "9s" }),
      ]),
      "upstream_quota_exhausted",
    ],
    [
      429,
      failed(429, "RESOURCE_EXHAUSTED", SPENT, [quota("GenerateRequestsPerMinutePerProject")]),
      "upstream_rate_limited",
    ],
    [429, failed(429, "RESOURCE_EXHAUSTED", SPENT), "upstream_quota_exhausted"],
    [
      429,
      failed(429, "RESOURCE_EXHAUSTED", `${SPENT} limit: 0, model: x`, [detail("RetryInfo", { retryDelay: "9s" })]),
      "upstream_quota_exhausted",
    ],
    [
      429,
      failed(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
      "upstream_rate_limited",
    ],
    [429, [failed(429, "RESOURCE_EXHAUSTED", "Resource exhausted.")], "upstream_rate_limited"],
    [500, failed(500, "INTERNAL", "oops"), "upstream_unavailable"],
    [503, failed(503, "UNAVAILABLE", "high demand"), "upstream_overloaded"],
    [504, failed(504, "DEADLINE_EXCEEDED", "late"), "upstream_timeout"],
    [200, { error: { code: 429, message: "slow down" } }, "upstream_rate_limited"],
    [200, { error: { message: "x" } }, "upstream_unavailable"],
    [502, "<html>bad</html>", "upstream_unavailable"],
    [503, "", "upstream_overloaded"],
    [400, { error: "plain" }, "upstream_invalid_request"],
    [400, { error: { code: 400, status: "constructor", message: "x" } }, "upstream_invalid_request"],
    [302, "", "upstream_bad_response"],
  ];
  for (const [status, body, code] of cases)
    assert.equal(map(status, body).code, code, `${status} ${JSON.stringify(body)}`);
});

test("the wait stands in a header or in the body", () => {
  const body = failed(429, "RESOURCE_EXHAUSTED", "slow", [detail("RetryInfo", { retryDelay: "34.4s" })]);
  assert.equal(map(429, body).details.retryAfterMs, 34_400);
  assert.equal(map(429, body, { "retry-after": "2" }).details.retryAfterMs, 2_000);
  const split = failed(429, "RESOURCE_EXHAUSTED", "slow", [
    detail("RetryInfo", { retryDelay: { seconds: "3", nanos: 5e8 } }),
  ]);
  assert.equal(map(429, split).details.retryAfterMs, 3_500);
  assert.equal(map(429, failed(429, "RESOURCE_EXHAUSTED", "slow")).details.retryAfterMs, undefined);
});

test("the sentence and the code are kept, keys are struck out, the body is cut", () => {
  const error = map(400, failed(400, "INVALID_ARGUMENT", "Bad key AIzaSyA1234567890abcdefghijklmnopqrstuv."));
  assert.doesNotMatch(`${error.message} ${error.details.upstreamBody}`, /AIzaSy/);
  assert.deepEqual([error.details.providerCode, error.details.upstreamStatus], ["INVALID_ARGUMENT", 400]);
  assert.equal(map(500, "x".repeat(9_000)).details.upstreamBody?.length, 2_048);
  assert.match(map(502, "<html>").message, /acme answered with HTTP 502/);
});
