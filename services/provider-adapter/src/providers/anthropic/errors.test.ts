import assert from "node:assert/strict";
import { test } from "node:test";
import { mapError } from "./errors.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

function map(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return mapError("acme", { status, headers, body: text }, NOW);
}

/** Shaped like a key of theirs. */
const KEY = `sk-ant-api03-${"a1B2".repeat(20)}`;

const said = (type: string, message = "x", details?: object) => ({
  type: "error",
  error: { type, message, ...(details !== undefined && { details }) },
  request_id: "req_1",
});
const bad = (message: string) => said("invalid_request_error", message);

test("type, sentence and status decide together", () => {
  const cases: readonly (readonly [number, unknown, string])[] = [
    [400, bad("messages.0: Input does not match the expected shape."), "upstream_invalid_request"],
    [400, bad("prompt is too long: 3333404 tokens > 200000 maximum"), "upstream_context_too_long"],
    [
      400,
      bad("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"),
      "upstream_context_too_long",
    ],
    [400, bad("Your credit balance is too low to access the API."), "upstream_quota_exhausted"],
    [400, bad("You have reached your specified API usage limits."), "upstream_quota_exhausted"],
    [400, bad("Output blocked by content filtering policy"), "upstream_content_blocked"],
    [400, bad("This organization has been disabled."), "upstream_forbidden"],
    [401, said("authentication_error", "invalid x-api-key"), "upstream_unauthenticated"],
    [402, said("billing_error"), "upstream_quota_exhausted"],
    [403, said("permission_error"), "upstream_forbidden"],
    [404, said("not_found_error", "model: claude-9"), "upstream_model_not_found"],
    [413, said("request_too_large"), "upstream_context_too_long"],
    [429, said("rate_limit_error", "Number of tokens has exceeded your rate limit"), "upstream_rate_limited"],
    [429, said("rate_limit_error", "too many tokens"), "upstream_rate_limited"],
    [429, said("rate_limit_error", "x", { error_code: "enforced_spend_limit_reached" }), "upstream_quota_exhausted"],
    [500, said("api_error", "Internal server error"), "upstream_unavailable"],
    [504, said("timeout_error"), "upstream_timeout"],
    [504, said("api_error"), "upstream_timeout"],
    [529, said("overloaded_error", "Overloaded"), "upstream_overloaded"],
    [200, said("overloaded_error"), "upstream_overloaded"],
    [200, said("rate_limit_error"), "upstream_rate_limited"],
    [200, said("brand_new_error"), "upstream_unavailable"],
    [403, said("constructor"), "upstream_forbidden"],
    [403, { error: { type: "forbidden", message: "Request not allowed" } }, "upstream_forbidden"],
    [400, { error: "no" }, "upstream_invalid_request"],
    [422, { detail: [1] }, "upstream_invalid_request"],
    [502, "<html>bad</html>", "upstream_unavailable"],
    [503, '{"type":"err', "upstream_overloaded"],
    [529, "", "upstream_overloaded"],
    [307, "", "upstream_bad_response"],
    [500, "[1]", "upstream_unavailable"],
  ];
  for (const [status, body, code] of cases)
    assert.equal(map(status, body).code, code, `${status} ${JSON.stringify(body)}`);
});

test("the sentence and the finer word are kept, credentials are struck out, the body is cut", () => {
  const error = map(401, said("authentication_error", `Bad key ${KEY}.`));
  assert.equal(error.message, "Bad key [redacted].");
  assert.doesNotMatch(error.details.upstreamBody ?? "", new RegExp(KEY));
  assert.deepEqual([error.details.providerCode, error.details.upstreamStatus], ["authentication_error", 401]);
  assert.equal(
    map(429, said("rate_limit_error", "x", { error_code: "ramp_limit_exceeded" })).details.providerCode,
    "ramp_limit_exceeded",
  );
  assert.equal(map(500, "x".repeat(9_000)).details.upstreamBody?.length, 2_048);
  assert.match(map(502, "<html>").message, /acme answered with HTTP 502/);
  assert.match(map(301, "").message, /redirect/);
});

test("the wait is what the provider asks, else until the limit that is used up is reset", () => {
  const wait = (headers: Record<string, string>, status = 429) =>
    map(status, said("rate_limit_error"), headers).details.retryAfterMs;
  assert.equal(wait({ "retry-after": "7" }), 7_000);
  assert.equal(wait({ "retry-after": "3" }, 529), 3_000);
  assert.equal(wait({}), undefined);
  const limits = {
    "anthropic-ratelimit-requests-remaining": "9",
    "anthropic-ratelimit-requests-reset": "2026-01-01T00:09:00Z",
    "anthropic-ratelimit-input-tokens-remaining": "0",
    "anthropic-ratelimit-input-tokens-reset": "2026-01-01T00:00:20Z",
    "anthropic-ratelimit-tokens-remaining": "0",
    "anthropic-ratelimit-tokens-reset": "soon",
  };
  assert.equal(wait(limits), 20_000);
  assert.equal(map(500, said("api_error"), limits).details.retryAfterMs, undefined);
});
