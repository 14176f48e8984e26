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
  if (error.code === "ECONNRESET" || !socket.writable || isAnswered(error, socket)) {
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

/**
 * True if what failed may belong to a request that has its answer already: it must not get a second one. Too large headers always begin
 * a new request, also on a connection that has served others, unless an answer is just under way there.
 */
function isAnswered(error: { code?: string }, socket: Socket): boolean {
  if (socket.bytesWritten === 0) return false;
  const underWay = (socket as Socket & { readonly _httpMessage?: unknown })._httpMessage;
  return error.code !== "HPE_HEADER_OVERFLOW" || (underWay !== null && underWay !== undefined);
}
