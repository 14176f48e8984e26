import type { Story, StoryAttempt, StoryDecision, StoryUsage, StoryVerdict } from "../admin/story.ts";
import { formatUsd } from "./amounts.ts";
import { printable } from "./output.ts";

const LABEL_WIDTH = 11;

/** Which request it is and how far it has come. */
export function headLines(story: Story): string[] {
  return [
    `Request ${printable(story.request_id)}: ${printable(story.state)}.`,
    ...labelled("arrived", new Date(story.arrived_at_ms).toISOString()),
    ...labelled("tenant", story.tenant_id),
  ];
}

/** What was asked for and what the router made of it. */
export function decisionLines(decision: StoryDecision): string[] {
  const form = decision.stream ? "streamed" : "plain";
  const route = decision.route === "" ? "" : `, route ${decision.route}`;
  const attempts = decision.attempts_max === 0 ? "" : `, at most ${plural(decision.attempts_max, "attempt")}`;
  const prompt =
    decision.input_token_bound === 0n ? "" : `, prompt of at most ${plural(decision.input_token_bound, "token")}`;
  return [
    ...labelled("key", decision.key_id),
    ...labelled("asked for", `${decision.requested_model}, ${form}`),
    ...labelled(
      "plan",
      `${decision.strategy}${route}${attempts}, judged at level ${decision.validation_level}${prompt}`,
    ),
  ];
}

/** One attempt from its hold to what followed; times count from the request's arrival. */
export function attemptLines(attempt: StoryAttempt, arrivedAt: number): string[] {
  const number = attempt.ordinal === 0 ? "" : ` ${attempt.ordinal}`;
  return [
    printable(`Attempt${number}: ${attempt.provider}/${attempt.model} (${attempt.attempt_id})`),
    ...holdLines(attempt, arrivedAt),
    ...providerLines(attempt, arrivedAt),
    ...attempt.verdicts.flatMap(verdictLines),
    ...outcomeLines(attempt),
    ...nextLines(attempt),
  ];
}

/** A moment as the time since another one. */
export function since(from: number, moment: number): string {
  return moment === 0 ? "-" : `+${moment - from} ms`;
}

function holdLines({ hold }: StoryAttempt, arrivedAt: number): string[] {
  if (hold === undefined) return labelled("hold", "none");
  const worst = `${formatUsd(hold.held_nanousd)} USD, the worst case by ${hold.price_version}`;
  const end = hold.ended_at_ms === 0 ? "" : ` at ${since(arrivedAt, hold.ended_at_ms)}`;
  const reason = hold.reason === "" ? "" : `: ${hold.reason}`;
  return [
    ...labelled("hold", `${worst}, placed at ${since(arrivedAt, hold.placed_at_ms)}`),
    ...labelled("", `on ${hold.accounts.join(", ")}`),
    ...labelled("", `${hold.state}${end}${reason}`),
  ];
}

function providerLines(attempt: StoryAttempt, arrivedAt: number): string[] {
  const { started_at_ms: started, ending, usage } = attempt;
  if (started === 0) return labelled("provider", "nothing was sent");
  const end = ending === "" ? "not over" : `${ending} at ${since(arrivedAt, attempt.ended_at_ms)}`;
  const theirs = attempt.upstream_request_id === "" ? "" : `; its own id is ${attempt.upstream_request_id}`;
  return [
    ...labelled("provider", `asked at ${since(arrivedAt, started)}, ${end}${theirs}`),
    ...labelled("usage", usage === undefined ? "none" : `${usageText(usage)}; by ${sourceText(attempt.usage_source)}`),
  ];
}

const SOURCES: Readonly<Record<string, string>> = {
  provider: "the provider's figures",
  counted: "our count, for the provider gave none",
  drained: "the provider's figures, read after the caller had left",
  estimated: "the hold's worst case",
};

function sourceText(source: string): string {
  return SOURCES[source] ?? source;
}

function usageText(usage: StoryUsage): string {
  const classes: readonly (readonly [bigint | undefined, string])[] = [
    [usage.input_tokens, "input"],
    [usage.cached_input_tokens, "cached input"],
    [usage.cache_write_5m_tokens, "written to a cache"],
    [usage.cache_write_1h_tokens, "written to a cache for 1 h"],
    [usage.input_audio_tokens, "audio input"],
    [usage.output_tokens, "output"],
    [usage.reasoning_tokens, "of it reasoning"],
    [usage.output_audio_tokens, "audio output"],
  ];
  // Input and output are told even when they are zero: that is news. Other classes mostly are.
  const told = classes
    .filter(([tokens, name]) => tokens !== undefined && (tokens > 0n || name === "input" || name === "output"))
    .map(([tokens, name]) => `${tokens} ${name}`);
  return told.length === 0 ? "no tokens" : told.join(", ");
}

function verdictLines({ phase, decision, micros, reasons }: StoryVerdict): string[] {
  const checks = reasons.map((reason) => {
    const detail = reason.detail === "" ? "" : `: ${reason.detail}`;
    return `${reason.check} ${reason.decision} (${Math.round(reason.score * 100) / 100})${detail}`;
  });
  return [
    ...labelled("judged", `${phase}: ${decision}, in ${micros} µs`),
    ...checks.flatMap((check) => labelled("", check)),
  ];
}

function outcomeLines(attempt: StoryAttempt): string[] {
  if (attempt.outcome === "") return labelled("caller", "not over");
  const { error, first_content_ms: first } = attempt;
  const content = first === undefined ? "" : `, first content after ${first} ms`;
  const verdict = attempt.verdict === "" ? "" : `, verdict ${attempt.verdict}`;
  const reason = attempt.finish_reason === "" ? "" : `, finish reason ${attempt.finish_reason}`;
  const seen = attempt.committed && attempt.outcome !== "delivered" ? ", part of it had been delivered" : "";
  const text = `${attempt.outcome} after ${attempt.duration_ms ?? 0} ms${content}${verdict}${reason}${seen}`;
  if (error === undefined) return labelled("caller", text);
  const status = error.upstream_status === 0 ? "" : `HTTP ${error.upstream_status}`;
  const theirs = [status, error.provider_code].filter((part) => part !== "").join(", ");
  return [
    ...labelled("caller", text),
    ...labelled("error", `${error.code}${theirs === "" ? "" : ` (${theirs})`}: ${error.message}`),
  ];
}

const NEXT: Readonly<Record<string, string>> = {
  done: "the request is answered",
  next_candidate: "the next candidate",
  same_candidate: "the same candidate again",
  stop: "no further attempt",
};

function nextLines({ next, next_reason: reason, backoff_ms: backoff }: StoryAttempt): string[] {
  if (next === "") return [];
  const wait = backoff === 0 ? "" : ` after ${backoff} ms`;
  return labelled("then", `${NEXT[next] ?? next}${wait}${reason === "" ? "" : `: ${reason}`}`);
}

/** A line under a heading; text from elsewhere cannot move the cursor. */
function labelled(label: string, text: string): string[] {
  return [`  ${label.padEnd(LABEL_WIDTH)}${printable(text)}`];
}

function plural(count: number | bigint, noun: string): string {
  return `${count} ${noun}${BigInt(count) === 1n ? "" : "s"}`;
}
