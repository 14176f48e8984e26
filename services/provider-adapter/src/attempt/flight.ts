import { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { UsageSource } from "@sluice/proto/common/v1/usage";
import type { TaskResult } from "@sluice/proto/tasks/v1/tasks";
import { Delivered } from "../count.ts";
import { countTask } from "../count-task.ts";
import type { Exchange, ResponseHead } from "../http/types.ts";
import { type Expired, Watchdog } from "../http/watchdog.ts";
import type { AnswerReader, AnswerState } from "../provider.ts";
import type { MappedResult } from "../provider-tasks.ts";
import { redact } from "../redact.ts";
import { failureIn } from "./answer-feed.ts";
import { DrainGuard } from "./drain-guard.ts";
import { Outlet } from "./outlet.ts";
import { type Said, settleUsage } from "./settle.ts";
import type { AttemptTools, Ending, Plan, PlannedTask } from "./types.ts";

/** What a refusal, or a request that was never sent, costs. */
const NOTHING = { usage: undefined, source: UsageSource.USAGE_SOURCE_PROVIDER } as const;

/** One attempt under way: what is known of it, and the few things that may happen to it from outside. */
export class Flight {
  readonly plan: Plan;
  readonly tools: AttemptTools;
  readonly outlet = new Outlet();
  readonly delivered = new Delivered();
  exchange: Exchange | undefined;
  /** What reads a streamed answer; undefined for plain ones, and before the answer began. */
  reader: AnswerReader | undefined;
  serviceTier = "";
  upstreamRequestId = "";
  status = 0;
  /** True once content was handed to the caller's side: later errors travel in the tail. */
  contentSeen = false;
  /** True while the provider's 200 carries something that is no answer at all, e.g. a gateway's HTML page. */
  noAnswer = false;
  #left = false;
  /** What a request beside chat brought. */
  #result: TaskResult | undefined;
  #closed = false;
  #landed = false;
  #expired: Expired | undefined;
  #watchdog: Watchdog | undefined;
  #drain: DrainGuard | undefined;

  constructor(plan: Plan, tools: AttemptTools) {
    this.plan = plan;
    this.tools = tools;
  }

  /** True once the caller is gone. */
  get left(): boolean {
    return this.#left;
  }

  /** Sends the request. Nothing is sent when the caller left before. @throws cancelled then */
  launch(): Exchange {
    if (this.#left || this.#closed) throw new SluiceError("cancelled", "The caller left before the request was sent.");
    const { plan, tools } = this;
    const watchdog = new Watchdog(plan.limits, tools.clock, (which) => this.#expire(which));
    this.#watchdog = watchdog;
    this.exchange = tools.send(plan.outbound, () => watchdog.sent(plan.chat.stream));
    return this.exchange;
  }

  /** The caller is gone: closes the upstream or lets it run to its end, by the provider's policy. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.outlet.leave();
    if (this.#landed) return;
    const policy = this.plan.provider.abandon;
    this.tools.metrics.abandoned.with({ provider: this.plan.provider.name, policy }).add();
    const gone = policy === "abort" || this.exchange?.sent !== true;
    if (gone) this.close(new SluiceError("cancelled", "The caller of this attempt left."));
    else this.#drain = new DrainGuard(this.plan.drain, this.tools.clock, (reason) => this.#stopDraining(reason));
  }

  /** Bytes of the answer came. */
  read(bytes: number): void {
    this.#drain?.read(bytes);
  }

  /** Closes the upstream whatever the policy, e.g. because the process is stopping. */
  close(reason: SluiceError): void {
    if (this.#landed) return;
    this.#closed = true;
    this.exchange?.abort(reason);
  }

  /** The provider's side has ended: time and callers change nothing any more. */
  land(): void {
    this.#landed = true;
    this.#watchdog?.stop();
    this.#drain?.stop();
  }

  answered(head: ResponseHead): void {
    this.status = head.status;
  }

  /** Hands chunks that arrived together to the caller, and counts them. */
  forward(chunks: ChatChunk[]): void {
    if (chunks.length === 0) return;
    let content = false;
    for (const chunk of chunks) if (this.delivered.add(chunk)) content = true;
    if (content) this.#watchdog?.content();
    if (this.#left) return;
    if (content) this.contentSeen = true;
    this.outlet.push({ message: { $case: "batch", value: { chunks } } });
  }

  /** How a request beside chat ended; a good result is handed to the caller. */
  endingOfTask({ result, usage, error, problems }: MappedResult): Ending {
    for (const problem of problems ?? []) this.#logProblem(problem);
    if (error !== undefined) return this.refused(error);
    if (result !== undefined) {
      this.#result = result;
      this.#watchdog?.content();
      if (!this.#left) this.contentSeen = true;
      this.outlet.push({ message: { $case: "result", value: result } });
    }
    return { ending: "completed", ...this.#settle({ usage, final: true, covers: true }), error: undefined };
  }

  /** How it ended, from what could be read of the answer. */
  endingOf(answer: AnswerState): Ending {
    if (answer.serviceTier !== "") this.serviceTier = answer.serviceTier;
    for (const problem of answer.problems) this.#logProblem(problem);
    const error = failureIn(answer, this.plan.provider.name, this.status);
    if (error === undefined) return { ending: "completed", ...this.#settle(this.#saidOf(answer, true)), error };
    const said = this.#saidOf(answer, answer.ended || answer.error !== undefined);
    if (answer.error === undefined) return { ending: "cut", ...this.#settle(said), error };
    const billed = answer.usage !== undefined || this.delivered.deltas > 0;
    return { ending: "error", ...(billed ? this.#settle(said) : NOTHING), error: this.#clean(error) };
  }

  /** How it ended when the provider refused: nothing is billed for a refusal. */
  refused(error: SluiceError): Ending {
    const unknown = error.code === "upstream_unauthenticated" || error.code === "upstream_forbidden";
    if (unknown) this.plan.signer?.refused();
    return { ending: "error", ...NOTHING, error: this.#clean(error) };
  }

  /** How it ended when reading failed. */
  endingOfFailure(thrown: unknown): Ending {
    if (this.exchange?.sent !== true) return { ending: "not_sent", ...NOTHING, error: this.#unsent(thrown) };
    if (this.#expired !== undefined)
      return { ending: "cut", ...this.#settle(this.#saidSoFar()), error: this.#late(this.#expired) };
    if (this.#closed)
      return { ending: "abandoned", ...this.#settle(this.#saidSoFar()), error: SluiceError.from(thrown) };
    if (thrown instanceof SluiceError) {
      this.exchange.abort(thrown);
      const settled = this.noAnswer ? NOTHING : this.#settle(this.#saidSoFar());
      return { ending: "error", ...settled, error: this.#clean(thrown) };
    }
    const { name } = this.plan.provider;
    const message = `The connection to ${name} broke before its answer was complete (${reasonOf(thrown)}).`;
    const error = new SluiceError("upstream_unavailable", message, { cause: thrown, details: { provider: name } });
    return { ending: "cut", ...this.#settle(this.#saidSoFar()), error };
  }

  /** What was said of an answer that was read to its end, and whether the provider means the whole of it. */
  #saidOf(answer: AnswerState, meant: boolean): Said {
    if (this.reader === undefined) return { usage: answer.usage, final: true, covers: true };
    const soFar = this.#saidSoFar();
    if (answer.usage === undefined) return soFar;
    // A complete answer's last figures are its bill wherever they stood; those of a broken one only if nothing came after them.
    const covers = soFar.covers || (meant && answer.finished);
    return { usage: answer.usage, final: meant && covers, covers };
  }

  #saidSoFar(): Said {
    const soFar = this.reader?.soFar;
    return { usage: soFar?.usage, final: false, covers: soFar?.covers === true };
  }

  #settle(said: Said): Pick<Ending, "usage" | "source"> {
    const { chat, provider, request, task } = this.plan;
    if (task !== undefined) return this.#settleTask(task, said);
    const { inputTokenBound } = request;
    const measured = { chat, inputTokenBound, delivered: this.delivered, left: this.#left };
    const { usage, source, counted } = settleUsage(said, measured);
    if (counted !== undefined) this.tools.metrics.counted.with({ provider: provider.name, why: counted }).add();
    if (counted === "contradicted") {
      const tokens = `${said.usage?.inputTokens ?? 0n} input and ${said.usage?.outputTokens ?? 0n} output tokens`;
      this.#logProblem(`The provider reported ${tokens}, which is less than what it delivered; it was counted.`);
    }
    return { usage, source };
  }

  /** The provider's figures for the whole result stand; without them it is counted by what its model is billed by. */
  #settleTask(task: PlannedTask, { usage }: Said): Pick<Ending, "usage" | "source"> {
    if (usage !== undefined) {
      const { USAGE_SOURCE_DRAINED: drained, USAGE_SOURCE_PROVIDER: said } = UsageSource;
      return { usage, source: this.#left ? drained : said };
    }
    const { provider, request } = this.plan;
    this.tools.metrics.counted.with({ provider: provider.name, why: "missing" }).add();
    const counted = countTask(task, this.#result, request.inputTokenBound);
    return { usage: counted, source: UsageSource.USAGE_SOURCE_COUNTED };
  }

  #stopDraining(reason: string): void {
    const { attemptId, requestId, provider, model } = this.plan.request;
    this.tools.log.warn({ attempt: attemptId, request_id: requestId, provider, model, reason }, "answer not drained");
    this.close(new SluiceError("cancelled", `The caller of this attempt left, and ${reason}.`));
  }

  #expire(which: Expired): void {
    this.#expired = which;
    this.exchange?.abort(new Error("The attempt ran out of time."));
  }

  #late(which: Expired): SluiceError {
    const { limits, provider } = this.plan;
    const words: Readonly<Record<Expired, readonly [string, number]>> = {
      connect: ["take the request", limits.connectMs],
      first_content: ["begin its answer", limits.firstContentMs],
      idle: ["go on with its answer", limits.idleMs],
      total: ["complete its answer", limits.totalMs],
    };
    const [what, limit] = words[which];
    return new SluiceError("upstream_timeout", `${provider.name} did not ${what} within ${limit} ms.`, {
      details: { provider: provider.name, facts: { limit: which } },
    });
  }

  #unsent(thrown: unknown): SluiceError {
    if (this.#expired !== undefined) return this.#late(this.#expired);
    if (thrown instanceof SluiceError) return thrown;
    const { name } = this.plan.provider;
    const message = `${name} cannot be reached at ${this.plan.outbound.origin} (${reasonOf(thrown)}).`;
    return new SluiceError("upstream_unavailable", message, { cause: thrown, details: { provider: name } });
  }

  #clean(error: SluiceError): SluiceError {
    const { secrets } = this.plan;
    if (secrets.length === 0) return error;
    const clean = (text: string): string => secrets.reduce((kept, secret) => redact(kept, secret), text);
    const { upstreamBody: body, providerCode, param } = error.details;
    const details = {
      ...error.details,
      ...(body !== undefined && { upstreamBody: clean(body) }),
      ...(providerCode !== undefined && { providerCode: clean(providerCode) }),
      ...(param !== undefined && { param: clean(param) }),
    };
    return new SluiceError(error.code, clean(error.message), { cause: error.cause, details });
  }

  #logProblem(problem: string): void {
    const { attemptId, requestId, provider, model } = this.plan.request;
    this.tools.log.warn({ attempt: attemptId, request_id: requestId, provider, model, problem }, "usage not believed");
  }
}

/** The short word for a network failure: its code where it has one. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return "code" in thrown && typeof thrown.code === "string" ? thrown.code : thrown.message;
}
