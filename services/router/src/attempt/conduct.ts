import type { ErrorCode, SluiceError } from "@sluice/platform/errors";
import type { HealthSign } from "../health/breakers.ts";

/**
 * Where a failed request may go: nowhere (`stop`), to other candidates only (`elsewhere`: this one would say the same again), or
 * also to the same one after a while (`anywhere`: the failure passes).
 */
export type Conduct = "stop" | "elsewhere" | "anywhere";

interface Row {
  readonly conduct: Conduct;
  /** Whether it counts against the candidate's health. */
  readonly sick: boolean;
}

const row = (conduct: Conduct, sick: boolean): Row => ({ conduct, sick });

/** The failures an attempt can end with. What is missing here stops the request: it is the caller's or our own. */
const ROWS: Readonly<Partial<Record<ErrorCode, Row>>> = {
  upstream_invalid_request: row("elsewhere", false),
  upstream_context_too_long: row("elsewhere", false),
  upstream_content_blocked: row("elsewhere", false),
  upstream_model_not_found: row("elsewhere", true),
  upstream_unauthenticated: row("elsewhere", true),
  upstream_forbidden: row("elsewhere", true),
  upstream_quota_exhausted: row("elsewhere", true),
  upstream_rate_limited: row("anywhere", false),
  upstream_overloaded: row("anywhere", true),
  upstream_unavailable: row("anywhere", true),
  upstream_timeout: row("anywhere", true),
  upstream_bad_response: row("anywhere", true),
  credential_missing: row("elsewhere", false),
  not_found: row("elsewhere", false),
  unavailable: row("anywhere", false),
  internal: row("elsewhere", false),
};

/** Where the request may go after this failure. */
export function conductAfter(error: SluiceError): Conduct {
  const facts = error.details.facts;
  // Nobody could judge the answer: that is our own failure, and the next answer would be paid for nothing too.
  if (facts?.["verdict"] === "unvalidated") return "stop";
  // Who refuses a prompt refuses it again; other faults of an answer may be gone in the next one.
  if (facts?.["verdict"] === "fail" && facts["checks"]?.split(",").includes("refusal") === true) return "elsewhere";
  return ROWS[error.code]?.conduct ?? "stop";
}

/** Where the request may go without a hold: only what concerns the candidate alone leaves others. All are held by the same ledger. */
export function conductUnheld({ code, details }: SluiceError): Conduct {
  return code === "model_unpriced" || details.facts?.["candidate_only"] === "true" ? "elsewhere" : "stop";
}

/** What the failure says about the candidate. A verdict is about one answer: a prompt must not take a model from others. */
export function healthSign(error: SluiceError): HealthSign {
  if (error.details.facts?.["verdict"] !== undefined) return "none";
  return ROWS[error.code]?.sick === true ? "failure" : "none";
}
