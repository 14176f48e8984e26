import type { ErrorCode } from "@sluice/platform/errors";
import { type ErrorShape, publicMessage } from "../../errors/error-shape.ts";

/** Anthropic's word for each kind of failure; https://platform.claude.com/docs/en/api/errors */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  409: "invalid_request_error",
  413: "request_too_large",
  415: "invalid_request_error",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** Where Anthropic has a status of its own. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  overloaded: 529,
  upstream_overloaded: 529,
};

/** How Anthropic's clients expect errors. Sluice's own code and the field at fault stand beside what they know. */
export const ANTHROPIC_ERRORS: ErrorShape = {
  print: (error, requestId) => {
    const status = STATUS[error.code] ?? error.row.http;
    const type = BY_STATUS[status] ?? "api_error";
    const { param } = error.details;
    const details = { code: error.code, ...(param !== undefined && { param }) };
    return {
      status,
      headers: { "request-id": requestId },
      body: {
        type: "error",
        error: { type, message: publicMessage(error, requestId), details },
        request_id: requestId,
      },
    };
  },
};
