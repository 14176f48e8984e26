import type { Lifecycle } from "@sluice/proto/common/v1/lifecycle";
import type { CatalogSnapshot } from "./catalog.ts";
import type { Excluded, ResolvedCandidate } from "./resolve-model.ts";

/** What happens to models that their providers take away. */
export interface LifecycleRules {
  /** UTC day as YYYY-MM-DD. */
  readonly today: string;
  /** What serves instead of a model that was shut down, both as `provider/model`. */
  readonly migrations: Readonly<Record<string, string>>;
  /** What happens where there is no rule. */
  readonly ended: "refuse" | "follow" | "try";
}

/** Replacements may have ended too, and rules may form a circle. */
const HOPS_MAX = 8;

/**
 * The candidate, with a warning if its end is announced; what serves instead of it, if it has ended and a rule says so; else why it cannot serve.
 */
export function living(
  candidate: ResolvedCandidate,
  rules: LifecycleRules,
  catalog: CatalogSnapshot,
): ResolvedCandidate | Excluded {
  let current = candidate;
  for (let hop = 0; hop < HOPS_MAX; hop++) {
    const { lifecycle } = current.entry;
    if (lifecycle === undefined || !isOver(lifecycle, rules.today)) {
      const warnings = [...(current.warnings ?? []), ...deprecation(current, lifecycle)];
      return warnings.length === 0 ? current : { ...current, warnings };
    }
    const next = successorOf(current, lifecycle, { rules, catalog });
    if (next === undefined && rules.ended === "try")
      return {
        ...current,
        warnings: [...(current.warnings ?? []), `${nameText(current)} ${endOf(current, lifecycle)}`],
      };
    if (next === undefined) return { ...nameOf(current), reason: endOf(nameOf(current), lifecycle) };
    current = next;
  }
  return { ...nameOf(candidate), reason: "the rules that replace it form a circle (router.migrations)" };
}

/** Says of a model that it has ended, and what its provider names instead. */
export function endOf({ provider }: { readonly provider: string }, lifecycle: Lifecycle): string {
  const { shutdownOn, replacement } = lifecycle;
  const instead = replacement === "" ? "" : `; ${provider} names ${provider}/${replacement} instead`;
  return `was shut down on ${shutdownOn}${instead}`;
}

export function isOver({ shutdownOn }: Lifecycle, today: string): boolean {
  return shutdownOn !== "" && shutdownOn <= today;
}

function successorOf(
  ended: ResolvedCandidate,
  lifecycle: Lifecycle,
  { rules, catalog }: { readonly rules: LifecycleRules; readonly catalog: CatalogSnapshot },
): ResolvedCandidate | undefined {
  const name = nameText(ended);
  const rule = Object.hasOwn(rules.migrations, name) ? rules.migrations[name] : undefined;
  const announced = lifecycle.replacement === "" ? undefined : `${ended.provider}/${lifecycle.replacement}`;
  const wanted = rule ?? (rules.ended === "follow" ? announced : undefined);
  if (wanted === undefined) return undefined;
  const slash = wanted.indexOf("/");
  const entry = catalog.find(wanted.slice(0, slash), wanted.slice(slash + 1));
  if (entry === undefined) return undefined;
  const why = rule === undefined ? "as its provider proposes (router.ended_models)" : "by router.migrations";
  const warning = `${name} was shut down on ${lifecycle.shutdownOn}: ${wanted} serves instead, ${why}`;
  return {
    ...ended,
    provider: entry.provider,
    model: entry.model,
    entry,
    warnings: [...(ended.warnings ?? []), warning],
  };
}

function deprecation({ provider, entry }: ResolvedCandidate, lifecycle: Lifecycle | undefined): readonly string[] {
  if (lifecycle === undefined || (lifecycle.shutdownOn === "" && lifecycle.deprecatedOn === "")) return [];
  const end = lifecycle.shutdownOn === "" ? "" : ` and will be shut down on ${lifecycle.shutdownOn}`;
  const instead =
    lifecycle.replacement === "" ? "" : `; its provider names ${provider}/${lifecycle.replacement} instead`;
  return [`${provider}/${entry.model} is deprecated${end}${instead}`];
}

const nameText = ({ provider, entry }: ResolvedCandidate): string => `${provider}/${entry.model}`;
const nameOf = ({ provider, model }: ResolvedCandidate) => ({ provider, model });
