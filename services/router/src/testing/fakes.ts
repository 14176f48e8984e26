import type { Bus, OutgoingEvent } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { createLogger, type Logger } from "@sluice/platform/log";
import type { CallOptions } from "@sluice/platform/rpc";
import { ChatChunk, ChatRequest, FinishReason, ResponseFormatKind } from "@sluice/proto/chat/v1/chat";
import { CallContext } from "@sluice/proto/common/v1/call_context";
import {
  HoldGranted,
  type HoldRequest,
  type HoldResponse,
  type PreviewRequest,
  type PreviewResponse,
} from "@sluice/proto/ledger/v1/ledger_service";
import {
  CatalogModel,
  type GenerateRequest,
  type GenerateResponse,
  GenerateTail,
} from "@sluice/proto/provider/v1/provider_service";
import { type CheckRequest, type CheckResponse, Decision, Level } from "@sluice/proto/validator/v1/validator_service";
import type { EngineDependencies, RoutedRequest } from "../attempt/types.ts";
import { LearntFigures } from "../bound/learnt/learnt-figures.ts";
import { PromptBounds } from "../bound/prompt-bounds.ts";
import { Vocabularies } from "../bound/tokens/vocabularies.ts";
import { type RouterConfig, routerConfig } from "../config.ts";
import { Breakers } from "../health/breakers.ts";
import { routeMatcher } from "../plan/match-route.ts";

type Generate = (request: GenerateRequest, options: CallOptions) => AsyncIterable<GenerateResponse>;

/** A world around the engine whose parts a test replaces, and what the engine did to it. */
export interface FakeWorld {
  readonly dependencies: EngineDependencies;
  readonly holds: HoldRequest[];
  readonly voided: string[];
  readonly checks: CheckRequest[];
  readonly published: OutgoingEvent[];
  /** Waits between attempts, in milliseconds. */
  readonly pauses: number[];
}

export interface FakeOptions {
  readonly generate: Generate;
  readonly hold?: (request: HoldRequest) => HoldResponse | Promise<HoldResponse>;
  readonly preview?: (request: PreviewRequest) => Promise<PreviewResponse>;
  readonly renew?: () => Promise<{ live: boolean; expiresAtMs: bigint }>;
  readonly check?: (request: CheckRequest) => Promise<CheckResponse>;
  readonly now?: () => number;
  readonly config?: Parameters<typeof routerConfig.parse>[0];
}

const pass: CheckResponse = { decision: Decision.DECISION_PASS, reasons: [], repairedText: "" };

export function grant(request: HoldRequest): HoldResponse {
  const value = HoldGranted.fromPartial({
    holdId: request.attemptId,
    priceVersion: "a/one@1",
    outputTokenBound: request.outputTokenBound,
  });
  return { outcome: { $case: "granted", value } };
}

/** Builds the world; everything works unless a test says otherwise. */
export function fakeWorld(options: FakeOptions): FakeWorld {
  const world = {
    holds: [] as HoldRequest[],
    voided: [] as string[],
    checks: [] as CheckRequest[],
    published: [] as OutgoingEvent[],
    pauses: [] as number[],
  };
  let attempts = 0;
  const unused = () => Promise.reject(new SluiceError("internal", "not part of this test"));
  const ledger = {
    hold: async (request: HoldRequest) => {
      world.holds.push(request);
      return (options.hold ?? grant)(request);
    },
    void: async ({ holdId }: { holdId: string }) => {
      world.voided.push(holdId);
      return { voided: true };
    },
    quote: async () => ({ priced: true, costNanousd: 7n, priceVersion: "a/one@1" }),
    renew: options.renew ?? (async () => ({ live: true, expiresAtMs: 0n })),
    preview: options.preview ?? unused,
    shrink: unused,
    setBudget: unused,
    balance: unused,
    report: unused,
    postings: unused,
    status: unused,
  };
  const provider = {
    generate: options.generate,
    abandonAttempt: async () => ({ began: true }),
    listCatalog: unused,
    putCredential: unused,
    deleteCredential: unused,
    listCredentials: unused,
  };
  const validator = {
    check: (request: CheckRequest) => {
      world.checks.push(request);
      return options.check?.(request) ?? Promise.resolve(pass);
    },
  };
  const bus: Pick<Bus, "publish"> = {
    publish: async (event) => {
      if ("payload" in event) world.published.push(event);
    },
  };
  const log = createLogger({ level: "silent", service: "router" });
  const dependencies = {
    ...boundsOf(routerConfig.parse(options.config ?? {}), log),
    ledger,
    provider,
    validator,
    bus,
    log,
    breakers: new Breakers(
      { failuresMin: 5, failureShare: 0.5, windowMs: 30_000, openMs: 5_000, openMaxMs: 60_000 },
      () => undefined,
    ),
    now: options.now ?? Date.now,
    random: () => 0.5,
    pause: async (ms: number) => {
      world.pauses.push(ms);
    },
    newAttemptId: () => `att_${++attempts}`,
  } as unknown as EngineDependencies;
  return { dependencies, ...world };
}

function boundsOf(config: RouterConfig, log: Logger) {
  const figures = new LearntFigures();
  const vocabularies = new Vocabularies(log);
  return { config, figures, bounds: new PromptBounds({ mode: config.input_bound, vocabularies, figures }) };
}

export const candidate = (model: string): CatalogModel =>
  CatalogModel.fromPartial({
    provider: "a",
    model,
    priceId: `a/${model}`,
    available: true,
    inputBound: { perMessageTokens: 4 },
  });

export interface FakeRequest {
  readonly stream?: boolean;
  readonly level?: Level;
  readonly models?: readonly string[];
  readonly signal?: AbortSignal;
  readonly attemptsMax?: number;
  readonly json?: boolean;
  readonly config?: FakeOptions["config"];
}

export function routedRequest(options: FakeRequest = {}): RoutedRequest {
  return {
    context: CallContext.fromPartial({ requestId: "req_1", tenantId: "org_1" }),
    chat: ChatRequest.fromPartial({
      model: "a/one",
      stream: options.stream ?? true,
      maxOutputTokens: 100n,
      ...(options.json === true && {
        responseFormat: { kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT },
      }),
    }),
    level: options.level ?? Level.LEVEL_GUARD,
    candidates: (options.models ?? ["one"]).map(candidate),
    settings: routeMatcher(routerConfig.parse(options.config ?? {}))("a/one"),
    attemptsMax: options.attemptsMax ?? 5,
    signal: options.signal ?? new AbortController().signal,
    deadlineAt: undefined,
  };
}

export const text = (value: string): ChatChunk => ChatChunk.fromPartial({ event: { $case: "text", value } });
export const finish = ChatChunk.fromPartial({
  event: { $case: "finish", value: { reason: FinishReason.FINISH_REASON_STOP, rawReason: "stop" } },
});
export const batch = (...chunks: ChatChunk[]): GenerateResponse => ({ message: { $case: "batch", value: { chunks } } });
export const tail = (
  value: Parameters<typeof GenerateTail.fromPartial>[0] = { usage: { outputTokens: 1n } },
): GenerateResponse => ({
  message: { $case: "tail", value: GenerateTail.fromPartial(value) },
});
