import { Metadata } from "@grpc/grpc-js";
import { ErrorDetail } from "@sluice/proto/common/v1/error_detail";
import { type ErrorCode, type ErrorDetails, isErrorCode, SluiceError } from "../errors/index.ts";
import { lateCall, unknownMethod } from "./failures.ts";

/** Trailing metadata that carries the whole error; the status alone is too coarse. */
const ERROR_KEY = "sluice-error-bin";

/** What a call ended with, as grpc-js tells it. */
export interface EndStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata | undefined;
}

/** Codes for a status that came without an ErrorDetail: from another implementation, a proxy or the transport. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  1: "cancelled",
  3: "invalid_request",
  4: "timeout",
  5: "not_found",
  6: "conflict",
  7: "forbidden",
  8: "overloaded",
  9: "invalid_request",
  10: "conflict",
  11: "invalid_request",
  14: "unavailable",
  16: "unauthenticated",
};

/** The trailing metadata of an error already passed through `asCarried`. */
export function errorTrailer(error: SluiceError): Metadata {
  const { param, retryAfterMs, provider, providerCode, upstreamStatus, upstreamBody, facts } = error.details;
  const detail = ErrorDetail.create({
    code: error.code,
    message: error.message,
    param: param ?? "",
    retryAfterMs: retryAfterMs === undefined ? undefined : BigInt(retryAfterMs),
    retryable: error.row.retry !== "no",
    provider: provider ?? "",
    providerCode: providerCode ?? "",
    upstreamStatus: upstreamStatus ?? 0,
    upstreamBody: upstreamBody ?? "",
    facts: { ...facts },
  });
  const metadata = new Metadata();
  metadata.set(ERROR_KEY, Buffer.from(ErrorDetail.encode(detail).finish()));
  return metadata;
}

/** The gRPC status of an error already passed through `asCarried`. */
export function toStatus(error: SluiceError): { code: number; details: string; metadata: Metadata } {
  return { code: error.row.grpc, details: error.message.slice(0, 256).toWellFormed(), metadata: errorTrailer(error) };
}

/** The error a trailer carries, or undefined when there is none that can be read. */
export function carriedError(metadata: Metadata | undefined): SluiceError | undefined {
  const bytes = metadata?.get(ERROR_KEY)[0];
  if (bytes === undefined || typeof bytes === "string") return undefined;
  let detail: ErrorDetail;
  try {
    detail = ErrorDetail.decode(bytes);
  } catch {
    return undefined;
  }
  if (!isErrorCode(detail.code)) return undefined;
  return new SluiceError(detail.code, detail.message, { details: readDetails(detail) });
}

function readDetails(detail: ErrorDetail): ErrorDetails {
  return {
    ...(detail.param !== "" && { param: detail.param }),
    ...(detail.retryAfterMs !== undefined && { retryAfterMs: Number(detail.retryAfterMs) }),
    ...(detail.provider !== "" && { provider: detail.provider }),
    ...(detail.providerCode !== "" && { providerCode: detail.providerCode }),
    ...(detail.upstreamStatus !== 0 && { upstreamStatus: detail.upstreamStatus }),
    ...(detail.upstreamBody !== "" && { upstreamBody: detail.upstreamBody }),
    ...(Object.keys(detail.facts).length > 0 && { facts: { ...detail.facts } }),
  };
}

/** Turns the end of a failed call into the error its handler threw, or into what the transport's status means. */
export function fromStatus(path: string, address: string, status: EndStatus): SluiceError {
  const carried = carriedError(status.metadata);
  if (carried !== undefined) return carried;
  if (status.code === 4) return lateCall(path);
  if (status.code === 12) return unknownMethod(path);
  if (connectionLost(status)) {
    return new SluiceError(
      "unavailable",
      `The service behind ${path} at ${address} cannot be reached (${status.details}); check that it runs and listens there.`,
    );
  }
  if (status.code === 8 && /larger than|size/i.test(status.details)) {
    return new SluiceError(
      "payload_too_large",
      `A message of ${path} is too large: ${status.details} (rpc.max_message_bytes).`,
    );
  }
  return new SluiceError(
    BY_STATUS[status.code] ?? "internal",
    `The call ${path} to ${address} failed: ${status.details}`,
  );
}

/** CANCELLED counts too: our own cancellations never come this way, so the other side let go of the stream. */
function connectionLost({ code, details }: EndStatus): boolean {
  return code === 14 || code === 1 || (code === 13 && details.startsWith("Received RST_STREAM"));
}
