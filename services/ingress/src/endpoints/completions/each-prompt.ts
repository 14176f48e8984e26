import { newId } from "@sluice/platform/ids";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { RouteResponse, RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { Door } from "../../door.ts";
import type { Exchange } from "../../exchange.ts";
import { type AdmittedChat, routeChat } from "../../steps/route-chat.ts";
import type { CompletionRequest } from "./request.ts";

/** What every answer of this dialect is told with. */
const NOTE =
  "A completion is asked as a chat of one user message: the model answers the prompt instead of continuing its text.";

type Message = NonNullable<RouteResponse["message"]>;
type Arrival = { readonly prompt: number; readonly result: IteratorResult<RouteResponse> };

/**
 * Asks the router for each prompt at once and makes one answer of all: choices are numbered through, consumption and cost are sums.
 * The first prompt's request bears the exchange's id, the others ids of their own. One that fails ends all.
 */
export async function* routeEach(
  door: Door,
  exchange: Exchange,
  admitted: AdmittedChat,
  { chats, choices }: CompletionRequest,
): AsyncGenerator<RouteResponse, void> {
  const answers = chats.map((chat, prompt) => {
    const own = prompt === 0 ? exchange : { ...exchange, requestId: newId("req") };
    return routeChat(door, own, { ...admitted, chat })[Symbol.asyncIterator]();
  });
  const next = async (prompt: number): Promise<Arrival> => {
    const answer = answers[prompt];
    return { prompt, result: answer === undefined ? { done: true, value: undefined } : await answer.next() };
  };
  const waiting = new Map(answers.map((_, prompt) => [prompt, next(prompt)]));
  const summaries: RouteSummary[] = [];
  let opened = false;
  try {
    while (waiting.size > 0) {
      const { prompt, result } = await Promise.race(waiting.values());
      if (result.done === true) {
        waiting.delete(prompt);
        continue;
      }
      waiting.set(prompt, next(prompt));
      const { message } = result.value;
      if (message?.$case === "summary") {
        summaries.push(message.value);
        const failed = message.value.error !== undefined;
        if (failed || summaries.length === chats.length)
          yield { message: { $case: "summary", value: sumOf(summaries) } };
        if (failed) return;
      } else if (message?.$case === "head") {
        if (!opened) yield { message: withNote(message) };
        opened = true;
      } else if (message?.$case === "batch") yield { message: numbered(message, prompt * choices) };
    }
  } finally {
    // Whoever still answers is told that nobody listens.
    for (const pending of waiting.values()) pending.catch(() => undefined);
    await Promise.all([...waiting.keys()].map((prompt) => answers[prompt]?.return?.()));
  }
}

function withNote(message: Message & { $case: "head" }): Message {
  return { ...message, value: { ...message.value, warnings: [NOTE, ...message.value.warnings] } };
}

function numbered(message: Message & { $case: "batch" }, from: number): Message {
  if (from === 0) return message;
  const chunks = message.value.chunks.map((chunk) => ({ ...chunk, choice: chunk.choice + from }));
  return { ...message, value: { chunks } };
}

/** One summary for all; the last one's words where words cannot be added. */
function sumOf(summaries: readonly RouteSummary[]): RouteSummary {
  const last = summaries.at(-1) as RouteSummary;
  if (summaries.length === 1) return last;
  const usages = summaries.map(({ usage }) => usage).filter((usage) => usage !== undefined);
  const costs = summaries.map(({ costNanousd }) => costNanousd);
  return {
    ...last,
    usage: usages.length === 0 ? undefined : usages.reduce(added),
    costNanousd: costs.reduce((sum, cost) => (sum === undefined || cost === undefined ? undefined : sum + cost)),
    verdict: summaries.find(({ verdict }) => verdict !== "pass")?.verdict ?? last.verdict,
  };
}

function added(sum: Usage, one: Usage): Usage {
  const total: Record<string, unknown> = { ...sum, rawJson: "" };
  for (const [name, value] of Object.entries(one)) {
    if (typeof value !== "bigint") continue;
    const before = total[name];
    total[name] = (typeof before === "bigint" ? before : 0n) + value;
  }
  return total as unknown as Usage;
}
