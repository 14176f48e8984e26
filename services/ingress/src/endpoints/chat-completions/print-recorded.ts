import { type AccumulatedAnswer, accumulate } from "@sluice/platform/chat";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import { ChunkPrinter } from "./chunk-printer.ts";
import { printCompletion } from "./response.ts";
import { toUsageBody } from "./usage.ts";

/** An answer that no request of this gateway led to. */
export interface RecordedAnswer {
  /** Stands for an id where the provider gave none. */
  readonly id: string;
  readonly provider: string;
  /** Stands for the model where the provider named none. */
  readonly model: string;
  readonly chunks: readonly ChatChunk[];
  readonly usage: Usage | undefined;
  /** True if its caller asked for a usage chunk. */
  readonly includeUsage: boolean;
}

/** What callers of chat completions get of an answer, as JSON texts. */
export interface PrintedAnswer {
  /** The `chat.completion` of a plain caller. */
  readonly completion: string;
  /** The `usage` object; "null" if the provider gave none. */
  readonly usage: string;
  /** The choices, for whoever has to judge them. */
  readonly choices: readonly AccumulatedAnswer[];
}

function headOf({ provider, model }: RecordedAnswer): RouteHead {
  return { ...RouteHead.create(), provider, model };
}

/** Prints a recorded answer as a plain caller gets it, with the printer of live answers. Its time is 0 where the provider gave none. */
export function printRecorded(recorded: RecordedAnswer): PrintedAnswer {
  const answer = accumulate();
  for (const chunk of recorded.chunks) answer.push(chunk);
  const summary = { ...RouteSummary.create(), usage: recorded.usage };
  return {
    completion: printCompletion({ requestId: recorded.id, receivedAtS: 0, head: headOf(recorded), answer, summary }),
    usage: JSON.stringify(toUsageBody(recorded.usage) ?? null),
    choices: answer.answers(),
  };
}

/**
 * Prints a recorded answer as a streaming caller gets it: a `chat.completion.chunk` each, `[DONE]` left out. An answer that was not whole
 * ends without a finish; one that failed before any content has no chunks, because its caller got an HTTP error.
 */
export function printRecordedStream(recorded: RecordedAnswer, whole: boolean): string[] {
  const { id, includeUsage } = recorded;
  const printer = new ChunkPrinter({
    requestId: id,
    receivedAtS: 0,
    head: headOf(recorded),
    includeUsage,
    facts: false,
  });
  let text = printer.print(recorded.chunks);
  if (whole) text += printer.finish({ ...RouteSummary.create(), usage: recorded.usage });
  else if (!printer.hasContent) return [];
  return text
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => event.slice("data: ".length));
}
