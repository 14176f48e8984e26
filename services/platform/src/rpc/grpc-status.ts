import { Metadata } from "@grpc/grpc-js";
import { ErrorDetail } from "@sluice/proto/common/v1/error_detail";
import { type ErrorCode, fromErrorDetail, isErrorCode, SluiceError, toErrorDetail } from "../errors/index.ts";
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
  const metadata = new Metadata();
  metadata.set(ERROR_KEY, Buffer.from(ErrorDetail.encode(toErrorDetail(error)).finish()));
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
    // Not ours: the caller falls back to the status.
    return undefined;
  }
  if (!isErrorCode(detail.code)) return undefined;
  return fromErrorDetail(detail);
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
