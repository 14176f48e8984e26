import type { Bus } from "@sluice/platform/bus";
import type { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { Usage, UsageSource } from "@sluice/proto/common/v1/usage";
import type { GenerateRequest, TaskBound } from "@sluice/proto/provider/v1/provider_service";
import type { TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import type { OutboundRequest, Send } from "../http/types.ts";
import type { Clock, Limits } from "../http/watchdog.ts";
import type { AdapterMetrics } from "../metrics.ts";
import type { AnswerReaders, FoundUsage, Provider, Signer } from "../provider.ts";
import type { MappedTask } from "../provider-tasks.ts";
import type { DrainLimits } from "./drain-guard.ts";

/** What an attempt needs from the process it runs in. */
export interface AttemptTools {
  readonly bus: Pick<Bus, "publish">;
  readonly log: Logger;
  readonly metrics: AdapterMetrics;
  readonly send: Send;
  readonly clock: Clock;
  /** Epoch milliseconds, for facts. */
  readonly wallClock: () => number;
  readonly bounds: SizeBounds;
  /** Asks a provider what it billed for an attempt; undefined if it cannot be asked. */
  readonly lookUp: (provider: string, attemptId: string, timeoutMs: number) => Promise<FoundUsage | undefined>;
  /** How long the end of an answer waits for its usage to become durable, in milliseconds. */
  readonly meterRetryMs: number;
}

export interface SizeBounds {
  readonly answerBytes: number;
  readonly streamBytes: number;
  readonly lineLength: number;
}

/** An attempt that is ready to start: everything that can be refused without the provider has been. */
export interface Plan {
  readonly request: GenerateRequest;
  /** What is asked; of a request beside chat, its texts as a chat that reads as much. */
  readonly chat: ChatRequest;
  /** What is asked instead of a chat. */
  readonly task?: PlannedTask | undefined;
  readonly provider: Provider;
  /** How the answer is read: mostly the provider's own way. */
  readonly readers: AnswerReaders;
  readonly priceId: string;
  readonly outbound: OutboundRequest;
  readonly warnings: readonly string[];
  readonly limits: Limits;
  readonly drain: DrainLimits;
  /** The credential's texts, to be struck out of whatever the provider repeats of them. */
  readonly secrets: readonly string[];
  /** What signed the request; undefined where a header with the credential does. */
  readonly signer: Signer | undefined;
}

/** A request beside chat that is ready to be sent. */
export interface PlannedTask {
  readonly request: TaskRequest;
  /** What its model is billed by, where nobody has said. */
  readonly bound: TaskBound | undefined;
  readonly read: MappedTask["read"];
}

/** How the provider's side of an attempt ended. */
export interface Ending {
  readonly ending: "completed" | "error" | "cut" | "abandoned" | "not_sent";
  /** Absent when the provider did nothing billable. */
  readonly usage: Usage | undefined;
  readonly source: UsageSource;
  readonly error: SluiceError | undefined;
}
