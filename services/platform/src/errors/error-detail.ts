import { ErrorDetail } from "@sluice/proto/common/v1/error_detail";
import { type ErrorDetails, SluiceError } from "./sluice-error.ts";
import { isErrorCode } from "./table.ts";

const UPSTREAM = "upstream_";

/**
 * The error as it goes into a durable fact. What a provider wrote may repeat the prompt, and facts carry no text of a conversation: of an
 * upstream error they keep codes, status and field, and say the rest in our own words.
 */
export function toFactDetail(error: SluiceError): ErrorDetail {
  const detail = toErrorDetail(error);
  if (!error.code.startsWith(UPSTREAM)) return detail;
  const said = error.code.slice(UPSTREAM.length).replaceAll("_", " ");
  const status = detail.upstreamStatus === 0 ? "" : ` with HTTP ${detail.upstreamStatus}`;
  detail.message = `${detail.provider || "The provider"} failed${status}: ${said}.`;
  detail.upstreamBody = "";
  return detail;
}

/** The error as a message, for answers that carry an error inside. It may hold what a provider wrote: facts take `toFactDetail`. */
export function toErrorDetail(error: SluiceError): ErrorDetail {
  const { details } = error;
  const detail = ErrorDetail.create();
  detail.code = error.code;
  detail.message = error.message;
  detail.param = details.param ?? "";
  detail.retryAfterMs = details.retryAfterMs === undefined ? undefined : BigInt(Math.ceil(details.retryAfterMs));
  detail.retryable = error.row.retry !== "no";
  detail.provider = details.provider ?? "";
  detail.providerCode = details.providerCode ?? "";
  detail.upstreamStatus = details.upstreamStatus ?? 0;
  detail.upstreamBody = details.upstreamBody ?? "";
  detail.facts = { ...details.facts };
  return detail;
}

/** The error a message carries; empty texts and zero count as absent, an unknown code as `internal`. */
export function fromErrorDetail(detail: ErrorDetail): SluiceError {
  const details: ErrorDetails = {
    ...(detail.param && { param: detail.param }),
    ...(detail.retryAfterMs !== undefined && { retryAfterMs: Number(detail.retryAfterMs) }),
    ...(detail.provider && { provider: detail.provider }),
    ...(detail.providerCode && { providerCode: detail.providerCode }),
    ...(detail.upstreamStatus && { upstreamStatus: detail.upstreamStatus }),
    ...(detail.upstreamBody && { upstreamBody: detail.upstreamBody }),
    ...(Object.keys(detail.facts).length > 0 && { facts: detail.facts }),
  };
  return new SluiceError(isErrorCode(detail.code) ? detail.code : "internal", detail.message, { details });
}
