import { type ErrorCode, type ErrorDetails, SluiceError } from "@sluice/platform/errors";
import type { UpstreamFailure } from "../../provider.ts";
import { redactStart } from "../../redact.ts";
import { readErrorBody, type Said } from "./error-body.ts";
import {
  codeBySentence,
  codeByStatus,
  codeByWord,
  type ErrorRules,
  NO_ERROR_RULES,
  saysTooLong,
} from "./error-rules.ts";
import { retryAfterOf, retryAfterOfSentence } from "./retry-after.ts";

const BODY_MAX = 2_048;
const MESSAGE_MAX = 1_024;

const NOT_SUPPORTED = /\b(?:is|are) not supported\b/i;

/** So general a word that a status or a sentence says more. */
const GENERAL = "invalid_request_error";

/** Whose errors are read. */
export interface ErrorSource {
  readonly name: string;
  readonly errors?: ErrorRules;
}

function byTheirWords(said: Said, status: number, rules: ErrorRules): ErrorCode | undefined {
  const bySentence = codeBySentence(said.message, rules);
  if (bySentence !== undefined) return bySentence;
  // With 413 a rate-limit word means that this one request is over the limit by itself: waiting does not help.
  if (status === 413) return said.code === "rate_limit_exceeded" ? "upstream_context_too_long" : undefined;
  const byCode = said.code === GENERAL ? undefined : codeByWord(said.code, rules);
  if (byCode !== undefined) return byCode;
  return Object.hasOwn(rules.words, said.type) ? rules.words[said.type] : undefined;
}

function codeOf(said: Said, status: number, rules: ErrorRules): ErrorCode {
  const words = byTheirWords(said, status, rules);
  if (words !== undefined) return words;
  const inBand = status < 300;
  const meant = inBand && said.status !== 0 ? said.status : status;
  if (meant === 400 || meant === 413 || meant === 422) {
    if (saysTooLong(said.message)) return "upstream_context_too_long";
    return codeByWord(said.type, rules) ?? "upstream_invalid_request";
  }
  if (meant === 404 && NOT_SUPPORTED.test(said.message) && said.param === "") return "upstream_invalid_request";
  if (inBand && meant !== status) return codeByStatus(meant);
  // Behind a failing status a general type adds nothing; inside a 200 it is all there is.
  if (inBand || said.type === "insufficient_quota") {
    return codeByWord(said.type, rules) ?? codeByWord(said.code, rules) ?? codeByStatus(status);
  }
  return codeByStatus(status);
}

function sentence(provider: string, said: Said, failure: UpstreamFailure): string {
  const text = redactStart(said.message, MESSAGE_MAX).trim();
  if (text !== "") return text;
  if (failure.status >= 300 && failure.status < 400) {
    return `${provider} answered with a redirect (HTTP ${failure.status}), which is not followed; check its base_url.`;
  }
  return `${provider} answered with HTTP ${failure.status} and no readable error.`;
}

/** The closed code, the provider's own sentence and the wait it asks for. Credentials are redacted, the body is cut. */
export function mapError(source: ErrorSource, failure: UpstreamFailure, nowMs: number): SluiceError {
  const said = readErrorBody(failure.body);
  const code = codeOf(said, failure.status, source.errors ?? NO_ERROR_RULES);
  const limited = code === "upstream_rate_limited";
  const wait =
    retryAfterOf(failure.headers, nowMs, limited) ?? (limited ? retryAfterOfSentence(said.message) : undefined);
  const providerCode = said.code || said.type;
  const details: ErrorDetails = {
    provider: source.name,
    upstreamStatus: failure.status,
    upstreamBody: redactStart(failure.body, BODY_MAX),
    ...(providerCode !== "" && { providerCode: redactStart(providerCode, 128) }),
    ...(said.param !== "" && { param: redactStart(said.param, 256) }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
  return new SluiceError(code, sentence(source.name, said, failure), { details });
}
