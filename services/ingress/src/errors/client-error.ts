import type { Socket } from "node:net";
import { SluiceError } from "@sluice/platform/errors";
import { newId } from "@sluice/platform/ids";
import { toOpenAiErrorBody } from "./openai-error.ts";

interface Refusal {
  readonly status: string;
  readonly message: string;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: "431 Request Header Fields Too Large",
    message: "The request's headers are larger than ingress.header_bytes_max allows.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: "408 Request Timeout",
    message: "The request did not arrive in time (ingress.headers_timeout_ms, ingress.receive_timeout_ms).",
  },
};
const MALFORMED: Refusal = { status: "400 Bad Request", message: "The request is not valid HTTP/1.1." };

/** Answers what could not be read as an HTTP request, and closes its connection. */
export function refuseClient(error: Error & { code?: string }, socket: Socket): void {
  // A connection that was reset has nobody to tell, and one that has been answered already must not be answered twice.
  if (error.code === "ECONNRESET" || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const { status, message } = REFUSALS[error.code ?? ""] ?? MALFORMED;
  const body = JSON.stringify({ error: toOpenAiErrorBody(new SluiceError("invalid_request", message), newId("req")) });
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `x-should-retry: false\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
