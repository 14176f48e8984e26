import type { ErrorCode } from "@sluice/platform/errors";
import { type ErrorShape, publicMessage } from "../../errors/error-shape.ts";

/** Google's canonical word for each status; https://ai.google.dev/gemini-api/docs/troubleshooting */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  402: "RESOURCE_EXHAUSTED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  405: "INVALID_ARGUMENT",
  409: "ABORTED",
  413: "INVALID_ARGUMENT",
  415: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  500: "INTERNAL",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** A request that waits for something else than its own repair. */
const PRECONDITIONS: ReadonlySet<ErrorCode> = new Set(["content_blocked", "upstream_content_blocked"]);

/** How Google's clients expect errors: `google.rpc.Status`, with Sluice's own code and the field at fault among the details. */
export const GEMINI_ERRORS: ErrorShape = {
  print: (error, requestId) => {
    const code = error.row.http;
    const { param, retryAfterMs } = error.details;
    const status = PRECONDITIONS.has(error.code) ? "FAILED_PRECONDITION" : (BY_STATUS[code] ?? "UNKNOWN");
    const message = publicMessage(error, requestId);
    const details: object[] = [
      { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: error.code.toUpperCase(), domain: "sluice" },
      { "@type": "type.googleapis.com/google.rpc.RequestInfo", requestId },
    ];
    if (param !== undefined) {
      const fieldViolations = [{ field: param, description: message }];
      details.push({ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations });
    }
    if (retryAfterMs !== undefined && error.row.retry !== "no") {
      const retryDelay = `${Math.ceil(retryAfterMs) / 1_000}s`;
      details.push({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay });
    }
    return { status: code, body: { error: { code, message, status, details } } };
  },
};
