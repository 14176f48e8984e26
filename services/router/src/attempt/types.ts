import type { Bus } from "@sluice/platform/bus";
import type { Logger } from "@sluice/platform/log";
import type { Client } from "@sluice/platform/rpc";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { CallContext } from "@sluice/proto/common/v1/call_context";
import type { LedgerServiceDefinition } from "@sluice/proto/ledger/v1/ledger_service";
import type { CatalogModel, ProviderServiceDefinition } from "@sluice/proto/provider/v1/provider_service";
import type { TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import type { Level, ValidatorServiceDefinition } from "@sluice/proto/validator/v1/validator_service";
import type { LearntFigures } from "../bound/learnt/learnt-figures.ts";
import type { PromptBound, PromptBounds } from "../bound/prompt-bounds.ts";
import type { RouterConfig } from "../config.ts";
import type { Breakers } from "../health/breakers.ts";
import type { RouteSettings } from "../plan/match-route.ts";

/** What the attempt engine works with; injected, so that tests bring their own. */
export interface EngineDependencies {
  readonly config: RouterConfig;
  readonly ledger: Client<typeof LedgerServiceDefinition>;
  readonly provider: Client<typeof ProviderServiceDefinition>;
  readonly validator: Client<typeof ValidatorServiceDefinition>;
  readonly bus: Bus;
  readonly log: Logger;
  readonly breakers: Breakers;
  readonly bounds: PromptBounds;
  /** What usage has taught. */
  readonly figures: LearntFigures;
  readonly now: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** Waits; rejects with an AbortError when the signal fires. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly newAttemptId: () => string;
}

/** One request on its way through the engine. */
export interface RoutedRequest {
  readonly context: CallContext;
  /** What is asked; of a request beside chat, its texts as a chat that reads as much. */
  readonly chat: ChatRequest;
  /** What is asked instead of a chat. */
  readonly task?: TaskRequest | undefined;
  readonly level: Level;
  /** In the order in which they are tried. */
  readonly candidates: readonly CatalogModel[];
  /** What the caller is to be told of a candidate that serves, such as that its end is announced. */
  readonly notes?: ReadonlyMap<CatalogModel, readonly string[]>;
  readonly settings: RouteSettings;
  /** Most attempts; 1 if failover is forbidden. */
  readonly attemptsMax: number;
  readonly signal: AbortSignal;
  /** Epoch milliseconds by which the caller wants the answer. */
  readonly deadlineAt: number | undefined;
}

/** One try of one candidate: everything here belongs to this attempt alone. */
export interface Attempt {
  readonly id: string;
  readonly ordinal: number;
  readonly candidate: CatalogModel;
  readonly startedAt: number;
  /** What was said of its prompt before it was sent. */
  readonly prompt: PromptBound;
  readonly inputTokenBound: number;
  readonly outputTokenBound: number;
  readonly holdId: string;
  readonly priceVersion: string;
  /** Worst case that is held, in nano-USD. */
  readonly heldNanousd: bigint;
  readonly warnings: string[];
  /** Soft limits that are passed with its hold, in words. */
  readonly budgetWarnings: readonly string[];
  /** Where the rate limits of its chain stand, by the names of the figures. */
  readonly rate: Readonly<Record<string, string>>;
}
