import { SluiceError } from "@sluice/platform/errors";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import type { RouteOptions } from "@sluice/proto/router/v1/router_service";
import { Level } from "@sluice/proto/validator/v1/validator_service";
import type { CatalogSnapshot } from "../catalog/catalog.ts";
import type { LifecycleRules } from "../catalog/lifecycle.ts";
import { type Excluded, type ResolvedCandidate, resolveModel } from "../catalog/resolve-model.ts";
import { LEVEL_NAMES, type Targets } from "../config-routes.ts";
import type { Thrift } from "../economy/economy.ts";
import type { Breakers } from "../health/breakers.ts";
import { STRATEGIES } from "../strategies/registry.ts";
import type { Ordered } from "../strategies/strategy.ts";
import { ableTo } from "./able-to.ts";
import { missingCapability } from "./capabilities.ts";
import type { RouteMatcher, RouteSettings } from "./match-route.ts";

const LEVEL_VALUES = [Level.LEVEL_OFF, Level.LEVEL_OBSERVE, Level.LEVEL_GUARD, Level.LEVEL_STRICT] as const;

/** What was decided for a request before its first attempt. */
export interface RoutePlan {
  readonly strategy: string;
  /** In the order in which they are tried. */
  readonly ordered: readonly Ordered<ResolvedCandidate>[];
  /** What is not tried, or only when nothing else is left, and why. */
  readonly excluded: readonly Excluded[];
  /** What the caller is to be told of a candidate that serves. */
  readonly notes: ReadonlyMap<CatalogModel, readonly string[]>;
  readonly settings: RouteSettings;
  readonly level: Level;
  /** Most attempts; 1 if the caller or the route forbids failover. */
  readonly attemptsMax: number;
}

export interface PlanInput {
  readonly chat: ChatRequest;
  /** What is asked instead of a chat, as the capability it needs; absent for chats. */
  readonly ability?: string | undefined;
  readonly options: RouteOptions | undefined;
  readonly catalog: CatalogSnapshot;
  readonly aliases: Readonly<Record<string, Targets>>;
  readonly lifecycle: LifecycleRules;
  readonly routes: RouteMatcher;
  readonly breakers: Breakers;
  readonly now: number;
  readonly random: () => number;
  /** What budgets that are nearly used up forbid; absent if nothing. */
  readonly thrift?: Thrift | undefined;
}

/**
 * Decides who may serve a request and in which order: route rule, candidates, strategy; then candidates that lack what the request
 * needs or are too dear for a budget that is nearly used up are left out, and those whose breaker is open stand last.
 * @throws not_found, credential_missing, invalid_request (also if no candidate serves this kind of request); budget_exhausted if budgets leave no candidate
 */
export function planRequest(input: PlanInput): RoutePlan {
  const { chat, options } = input;
  const settings = input.routes(chat.model);
  const level = chooseLevel(settings.validationLevel, options?.validationLevel ?? "");
  const names = { aliases: input.aliases, rule: settings.rule, lifecycle: input.lifecycle };
  const resolved = resolveModel(chat.model, names, input.catalog);
  const fit = ableTo(input.ability ?? "chat", resolved.candidates, input);
  const able = withoutUnable(fit.kept, chat);
  const cheap = withoutDear(able.kept, input.thrift);
  const ordered = STRATEGIES[resolved.strategy].order(cheap.kept, input.random);
  const healthy = avoidFailing(ordered, input);
  return {
    strategy: resolved.strategy,
    ordered: healthy.ordered,
    excluded: [...resolved.excluded, ...fit.excluded, ...able.excluded, ...cheap.excluded, ...healthy.avoided],
    notes: notesOf(resolved.candidates),
    settings,
    level,
    attemptsMax: settings.failover && options?.allowFailover !== false ? settings.attemptsMax : 1,
  };
}

const NO_NOTES: RoutePlan["notes"] = new Map();

function notesOf(candidates: readonly ResolvedCandidate[]): RoutePlan["notes"] {
  if (candidates.every(({ warnings }) => warnings === undefined)) return NO_NOTES;
  return new Map(candidates.map(({ entry, warnings = [] }) => [entry, warnings]));
}

/** Leaves out what lacks a capability the request needs, unless nothing would remain: then the provider's own words tell. */
function withoutUnable(
  candidates: readonly ResolvedCandidate[],
  chat: ChatRequest,
): { readonly kept: readonly ResolvedCandidate[]; readonly excluded: readonly Excluded[] } {
  if (candidates.length < 2) return { kept: candidates, excluded: [] };
  const kept: ResolvedCandidate[] = [];
  const excluded: Excluded[] = [];
  for (const candidate of candidates) {
    const missing = missingCapability(chat, candidate.entry.capabilities);
    if (missing === undefined) kept.push(candidate);
    else excluded.push({ provider: candidate.provider, model: candidate.model, reason: `does not know ${missing}` });
  }
  return kept.length === 0 ? { kept: candidates, excluded: [] } : { kept, excluded };
}

/** Leaves out what a budget that is nearly used up forbids. @throws budget_exhausted if nothing remains */
function withoutDear(
  candidates: readonly ResolvedCandidate[],
  thrift: Thrift | undefined,
): { readonly kept: readonly ResolvedCandidate[]; readonly excluded: readonly Excluded[] } {
  if (thrift === undefined) return { kept: candidates, excluded: [] };
  const kept: ResolvedCandidate[] = [];
  const excluded: Excluded[] = [];
  for (const candidate of candidates) {
    const reason = thrift(candidate);
    if (reason === undefined) kept.push(candidate);
    else excluded.push({ provider: candidate.provider, model: candidate.model, reason });
  }
  const [first] = excluded;
  if (kept.length > 0 || first === undefined) return { kept, excluded };
  throw new SluiceError(
    "budget_exhausted",
    `None of the models asked for may be used now: ${first.reason} (router.economy). Ask for a cheaper model or raise the limit.`,
    { details: { param: "model" } },
  );
}

function avoidFailing(
  ordered: readonly Ordered<ResolvedCandidate>[],
  { breakers, now }: PlanInput,
): { readonly ordered: readonly Ordered<ResolvedCandidate>[]; readonly avoided: readonly Excluded[] } {
  const [only] = ordered;
  if (ordered.length < 2 || only === undefined) return { ordered, avoided: [] };
  const avoided = ordered.filter(({ candidate }) => breakers.avoid(breakerKey(candidate), now));
  if (avoided.length === 0) return { ordered, avoided: [] };
  const reason = "failing lately: tried last";
  const others = ordered.filter((entry) => !avoided.includes(entry));
  return {
    ordered: [...amongThemselves(others), ...(others.length === 0 ? avoided : avoided.map(never))],
    avoided: avoided.map(({ candidate }) => ({ provider: candidate.provider, model: candidate.model, reason })),
  };
}

/** The chances of standing first once the others stand behind: what was logged must be what was drawn. */
function amongThemselves(kept: readonly Ordered<ResolvedCandidate>[]): Ordered<ResolvedCandidate>[] {
  const total = kept.reduce((sum, { propensity }) => sum + propensity, 0);
  return kept.map(({ candidate, propensity }, index) => ({
    candidate,
    propensity: total > 0 ? propensity / total : Number(index === 0),
  }));
}

const never = ({ candidate }: Ordered<ResolvedCandidate>): Ordered<ResolvedCandidate> => ({ candidate, propensity: 0 });

/** The name under which a candidate's breaker is kept. */
export function breakerKey(candidate: { readonly provider: string; readonly model: string }): string {
  return `${candidate.provider}/${candidate.model}`;
}

/** The caller may ask for more judgement than the route's level, never for less. @throws invalid_request for an unknown level. */
export function chooseLevel(routeLevel: (typeof LEVEL_NAMES)[number], asked: string): Level {
  const known: readonly string[] = LEVEL_NAMES;
  const least = known.indexOf(routeLevel);
  const wanted = asked === "" ? least : known.indexOf(asked);
  if (wanted < 0) {
    throw new SluiceError(
      "invalid_request",
      `Validation level "${asked}" is not known; use one of ${LEVEL_NAMES.join(", ")}.`,
      { details: { param: "validation_level" } },
    );
  }
  return LEVEL_VALUES[Math.max(least, wanted)] ?? Level.LEVEL_GUARD;
}
