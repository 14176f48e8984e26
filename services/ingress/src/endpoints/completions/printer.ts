import type { AnswerOpening, AnswerPrinter, PiecePrinter, WholeAnswer } from "../../answer/printer.ts";
import { sluiceFacts } from "../../facts/x-sluice.ts";
import { errorEvent } from "../chat-completions/chunk-printer.ts";
import { toUsageBody } from "../chat-completions/usage.ts";
import { finishWord } from "../chat-completions/words.ts";
import { LogprobColumns } from "./logprobs.ts";
import type { CompletionRequest } from "./request.ts";

type Chunk = Parameters<PiecePrinter["print"]>[0][number];
type Finish = Parameters<typeof finishWord>[0];

/** Prints answers in the older dialect: text alone. What else a chat can say has no place in it. */
export function completionPrinter(asked: CompletionRequest): AnswerPrinter {
  return {
    whole: (source) => printWhole(asked, source),
    open: (opening) => new CompletionChunks(asked, opening),
    fail: errorEvent,
  };
}

function printWhole(asked: CompletionRequest, { answer, summary, ...opening }: WholeAnswer): string {
  const start = answer.start();
  const choices = answer.answers().map(({ index, text, refusal, logprobs, finish }) => {
    const prompt = promptOf(asked, index);
    const columns = logprobs && new LogprobColumns(prompt.length).columnsOf(JSON.stringify(logprobs));
    const said = text === "" ? (refusal ?? "") : text;
    const word = finishOf(finish);
    return { text: asked.echo ? prompt + said : said, index, logprobs: columns ?? null, finish_reason: word };
  });
  return JSON.stringify({
    ...envelope(opening, start?.model),
    system_fingerprint: start?.systemFingerprint || undefined,
    choices,
    usage: toUsageBody(summary.usage ?? answer.usage()),
  });
}

const promptOf = ({ prompts, choices }: CompletionRequest, choice: number): string =>
  prompts[Math.floor(choice / choices)] ?? "";

/** The dialect knows three words for an end. */
function finishOf(finish: Finish): string {
  const word = finishWord(finish);
  return word === "length" || word === "content_filter" ? word : "stop";
}

function envelope({ requestId, receivedAtS, head }: AnswerOpening, model: string | undefined): object {
  return {
    id: `cmpl-${requestId.slice(requestId.indexOf("_") + 1)}`,
    object: "text_completion",
    created: receivedAtS,
    model: model || head.model,
  };
}

const belong = ({ event: one }: Chunk, { event: other }: Chunk): boolean =>
  (one?.$case === "text" && other?.$case === "logprobsJson") ||
  (one?.$case === "logprobsJson" && other?.$case === "text");

class CompletionChunks implements PiecePrinter {
  private readonly asked: CompletionRequest;
  private readonly opening: AnswerOpening;
  private readonly columns = new Map<number, LogprobColumns>();
  private readonly finishes = new Map<number, Finish>();
  private readonly begun = new Set<number>();
  private before: string;
  private model: string | undefined;
  private usage: ReturnType<typeof toUsageBody>;
  hasContent = false;

  constructor(asked: CompletionRequest, opening: AnswerOpening) {
    this.asked = asked;
    this.opening = opening;
    this.before = this.prefix();
  }

  print(chunks: readonly Chunk[]): string {
    let text = "";
    for (let at = 0; at < chunks.length; at++) {
      const chunk = chunks[at] as Chunk;
      const next = chunks[at + 1];
      if (next !== undefined && next.choice === chunk.choice && belong(chunk, next)) {
        text += this.both(chunk, next);
        at++;
      } else text += this.take(chunk);
    }
    return text;
  }

  finish(summary: WholeAnswer["summary"]): string {
    const facts = JSON.stringify(sluiceFacts(this.opening.requestId, this.opening.head, summary));
    let text = "";
    for (const [choice, finish] of this.finishes) {
      const own = `${this.opener(choice)},"logprobs":null,"finish_reason":"${finishOf(finish)}"`;
      text += this.event(`"choices":[{"index":${choice},${own}}]`, `,"x_sluice":${facts}`);
    }
    if (this.asked.includeUsage) {
      const usage = JSON.stringify(toUsageBody(summary.usage) ?? this.usage ?? null);
      text += this.event('"choices":[]', `,"usage":${usage}`);
    }
    return `${text}data: [DONE]\n\n`;
  }

  readonly fail = errorEvent;

  /** A text and the log probabilities that came right before or after it. */
  private both(one: Chunk, other: Chunk): string {
    const [said, known] = one.event?.$case === "text" ? [one.event, other.event] : [other.event, one.event];
    const columns = known?.$case === "logprobsJson" ? this.columnsOf(one.choice).columnsOf(known.value) : undefined;
    return this.delta(one.choice, said?.$case === "text" ? said.value : "", JSON.stringify(columns ?? null));
  }

  private take({ choice, event }: Chunk): string {
    switch (event?.$case) {
      case "text":
      case "refusal":
        return event.value === "" ? "" : this.delta(choice, event.value, "null");
      case "logprobsJson": {
        const columns = this.columnsOf(choice).columnsOf(event.value);
        return columns === undefined ? "" : this.delta(choice, "", JSON.stringify(columns));
      }
      case "start":
        if (this.model === undefined) {
          this.model = event.value.model;
          this.before = this.prefix();
        }
        return "";
      case "finish":
        this.finishes.set(choice, event.value);
        return "";
      case "usage":
        this.usage = toUsageBody(event.value.usage) ?? this.usage;
    }
    return "";
  }

  private delta(choice: number, text: string, logprobs: string): string {
    this.hasContent = true;
    const whole = JSON.stringify(this.echoed(choice) + text);
    const own = `"text":${whole},"index":${choice},"logprobs":${logprobs},"finish_reason":null`;
    return this.event(`"choices":[{${own}}]`, this.asked.includeUsage ? ',"usage":null' : "");
  }

  /** The text of an event that adds none: what was asked, if nothing has been said yet. */
  private opener(choice: number): string {
    return `"text":${JSON.stringify(this.echoed(choice))}`;
  }

  private echoed(choice: number): string {
    if (this.begun.has(choice)) return "";
    this.begun.add(choice);
    return this.asked.echo ? promptOf(this.asked, choice) : "";
  }

  private columnsOf(choice: number): LogprobColumns {
    const known = this.columns.get(choice) ?? new LogprobColumns(promptOf(this.asked, choice).length);
    this.columns.set(choice, known);
    return known;
  }

  private event(own: string, rest: string): string {
    return `${this.before}${own}${rest}}\n\n`;
  }

  private prefix(): string {
    return `data: ${JSON.stringify(envelope(this.opening, this.model)).slice(0, -1)},`;
  }
}
