import { fromErrorDetail, SluiceError } from "@sluice/platform/errors";
import type { RouteHead, RouteResponse, RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { TaskResult } from "@sluice/proto/tasks/v1/tasks";
import { brokenAnswer } from "../answer/answer-plain.ts";
import type { Exchange } from "../exchange.ts";
import { answerHeaders } from "../facts/headers.ts";
import { noteHead, noteSummary } from "../facts/note.ts";
import type { ReadTask } from "./task-dialect.ts";

/**
 * Collects an answer beside chat and sends it as soon as it is complete; what the router still has to report is waited for, but the caller is
 * not kept waiting. @throws whatever ended it: nothing has been sent then
 */
export async function answerTask(
  exchange: Exchange,
  messages: AsyncIterable<RouteResponse>,
  task: ReadTask,
): Promise<void> {
  let head: RouteHead | undefined;
  let result: TaskResult | undefined;
  let summary: RouteSummary | undefined;
  for await (const { message } of messages) {
    if (message?.$case === "head") head = noteHead(exchange, message.value);
    else if (message?.$case === "result") result = message.value;
    else if (message?.$case === "summary" && summary === undefined) {
      summary = noteSummary(exchange, message.value);
      if (summary.error === undefined && head !== undefined && result !== undefined)
        send(exchange, task, { head, result, summary });
    }
  }
  if (summary?.error !== undefined) throw fromErrorDetail(summary.error);
  if (head === undefined || result === undefined || summary === undefined) throw brokenAnswer();
}

function send(
  exchange: Exchange,
  task: ReadTask,
  parts: { readonly head: RouteHead; readonly result: TaskResult; readonly summary: RouteSummary },
): void {
  const { head, result, summary } = parts;
  const receivedAtS = Math.floor(exchange.receivedAtMs / 1_000);
  const model = result.model || head.model;
  const printed = task.print(result, { requestId: exchange.requestId, receivedAtS, head, summary, model });
  exchange.facts.firstByteMs = performance.now() - exchange.startedAt;
  exchange.reply
    .headers(answerHeaders(head, summary.costNanousd))
    .header("content-type", printed.contentType)
    .send(printed.content);
}

type AnyResult = NonNullable<TaskResult["result"]>;
type ResultOf<Kind extends AnyResult["$case"]> = Extract<AnyResult, { $case: Kind }>["value"];

/** The result of the kind that was asked for. @throws internal for another, which the router's contract rules out */
export function resultOf<Kind extends AnyResult["$case"]>({ result }: TaskResult, kind: Kind): ResultOf<Kind> {
  if (result?.$case === kind) return result.value as ResultOf<Kind>;
  throw new SluiceError("internal", `The router answered with a result of another kind than ${kind}.`);
}
