import assert from "node:assert/strict";
import { test } from "node:test";
import { mapError, mapException } from "./errors.ts";

const NAMED: readonly (readonly [string, number, string, string])[] = [
  ["ValidationException", 400, "Malformed input request", "upstream_invalid_request"],
  ["ValidationException", 400, "Input is too long for requested model.", "upstream_context_too_long"],
  ["ValidationException", 400, "The provided model identifier is invalid.", "upstream_model_not_found"],
  [
    "AccessDeniedException",
    403,
    "You don't have access to the model with the specified model ID.",
    "upstream_forbidden",
  ],
  [
    "UnrecognizedClientException:http://internal.amazon.com/",
    403,
    "The security token included in the request is invalid.",
    "upstream_unauthenticated",
  ],
  ["ExpiredTokenException", 403, "The security token included in the request is expired", "upstream_unauthenticated"],
  ["ResourceNotFoundException", 404, "Could not resolve the foundation model", "upstream_model_not_found"],
  ["ModelTimeoutException", 408, "Model has timed out", "upstream_timeout"],
  ["ModelErrorException", 424, "The model failed", "upstream_unavailable"],
  ["ThrottlingException", 429, "Too many requests, please wait", "upstream_rate_limited"],
  ["ThrottlingException", 429, "Too many tokens per day, please wait", "upstream_quota_exhausted"],
  ["ModelNotReadyException", 429, "The model is not ready", "upstream_overloaded"],
  ["ServiceQuotaExceededException", 400, "Your quota", "upstream_quota_exhausted"],
  ["InternalServerException", 500, "Oh", "upstream_unavailable"],
  ["ServiceUnavailableException", 503, "Bedrock is unable to process your request.", "upstream_overloaded"],
];

test("each exception has its code, by the name in the header or in the body", () => {
  for (const [name, status, message, code] of NAMED) {
    const byHeader = mapError({ status, headers: { "x-amzn-errortype": name }, body: JSON.stringify({ message }) }, 0);
    assert.deepEqual([byHeader.code, byHeader.message], [code, message], name);
    const body = JSON.stringify({ __type: `com.amazon.coral.service#${name.split(":")[0]}`, Message: message });
    assert.equal(mapError({ status, headers: {}, body }, 0).code, code, name);
  }
});

test("without a name the status says what happened, a page of HTML included", () => {
  const codeOf = (status: number) => mapError({ status, headers: {}, body: "<html>" }, 0).code;
  assert.deepEqual([400, 403, 429, 500, 503].map(codeOf), [
    "upstream_invalid_request",
    "upstream_forbidden",
    "upstream_rate_limited",
    "upstream_unavailable",
    "upstream_overloaded",
  ]);
});

test("an exception inside a stream is told by its name", () => {
  const error = mapException("throttlingException", '{"message":"Slow down"}');
  assert.deepEqual(
    [error.code, error.message, error.details.providerCode],
    ["upstream_rate_limited", "Slow down", "throttlingException"],
  );
  assert.equal(
    mapException("validationException", '{"message":"prompt is too long"}').code,
    "upstream_context_too_long",
  );
});
