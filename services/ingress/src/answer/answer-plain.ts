import { accumulate } from "@sluice/platform/chat";
import { fromErrorDetail, SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { RouteHead, RouteResponse, RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { Exchange } from "../exchange.ts";
import { answerHeaders } from "../facts/headers.ts";
import { noteHead, noteSummary } from "../facts/note.ts";
import type { AnswerPrinter } from "./printer.ts";

/**
 * Collects the whole answer and sends it as one JSON body as soon as it is complete; what the router still has to report is waited for, but the
 * caller is not kept waiting.
 * @throws whatever ended the answer, also after content: nothing has been sent yet
 */
export async function answerPlain(
  exchange: Exchange,
  messages: AsyncIterable<RouteResponse>,
  printer: AnswerPrinter,
): Promise<void> {
  const chunks: ChatChunk[] = [];
  let head: RouteHead | undefined;
  let summary: RouteSummary | undefined;
  for await (const { message } of messages) {
    if (message?.$case === "batch") for (const chunk of message.value.chunks) chunks.push(chunk);
    else if (message?.$case === "head") head = noteHead(exchange, message.value);
    else if (message?.$case === "summary" && summary === undefined) {
      summary = noteSummary(exchange, message.value);
      if (summary.error === undefined && head !== undefined) {
        await send(exchange, printer, { head, chunks, summary });
      }
    }
  }
  if (summary?.error !== undefined) throw fromErrorDetail(summary.error);
  if (head === undefined || summary === undefined) throw brokenAnswer();
}

async function send(
  exchange: Exchange,
  printer: AnswerPrinter,
  parts: { readonly head: RouteHead; readonly chunks: readonly ChatChunk[]; readonly summary: RouteSummary },
): Promise<void> {
  const receivedAtS = Math.floor(exchange.receivedAtMs / 1_000);
  const answer = accumulate();
  for (const chunk of parts.chunks) answer.push(chunk);
  const body = await printer.whole({ answer, requestId: exchange.requestId, receivedAtS, ...parts });
  exchange.facts.firstByteMs = performance.now() - exchange.startedAt;
  const { reply } = exchange;
  reply.hijack();
  reply.raw
    .writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      ...answerHeaders(parts.head, parts.summary.costNanousd),
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(body),
    })
    .end(body);
}

/** The router ended an answer without its head or summary, which its contract rules out. */
export function brokenAnswer(): SluiceError {
  return new SluiceError("internal", "The router's answer ended without its head or its summary.");
}
