import type { RouterConfig } from "../config.ts";
import type { RouteRule } from "../config-routes.ts";

/** What holds for one request: the matching rule's wishes over the router's own. */
export interface RouteSettings {
  /** The rule's pattern that matched; empty if none did. */
  readonly route: string;
  readonly rule: RouteRule | undefined;
  readonly validationLevel: RouterConfig["validation_level"];
  readonly jsonRepair: boolean;
  readonly eager: boolean;
  readonly failover: boolean;
  readonly attemptsMax: number;
  readonly defaultOutputTokens: number;
  readonly defaultOutputTokensReasoning: number;
  /** Held on top for what a request asks for that cannot be bounded, in nano-USD; 0 holds nothing. */
  readonly unboundedHoldNanousd: bigint;
  readonly timeouts: RouterConfig["timeouts"];
}

interface Pattern {
  readonly text: string;
  readonly rule: RouteRule;
  readonly matches: (name: string) => boolean;
}

/** Finds the settings for a model name; patterns are compiled once. */
export type RouteMatcher = (name: string) => RouteSettings;

/** Compiles the rules of `router.routes`. */
export function routeMatcher(config: RouterConfig): RouteMatcher {
  const patterns: Pattern[] = config.routes.flatMap((rule) =>
    rule.models.map((text) => ({ text, rule, matches: matcherOf(text) })),
  );
  const byRule = new Map<Pattern | undefined, RouteSettings>();
  for (const pattern of [undefined, ...patterns]) byRule.set(pattern, settingsOf(config, pattern));
  const none = settingsOf(config, undefined);
  return (name) => byRule.get(patterns.find((pattern) => pattern.matches(name))) ?? none;
}

/** `*` stands for any characters; names are compared piece by piece, so that no name can make it slow. */
export function matcherOf(pattern: string): (name: string) => boolean {
  const pieces = pattern.split("*");
  const [head = "", ...rest] = pieces;
  const tail = rest.pop();
  if (tail === undefined) return (name) => name === pattern;
  return (name) => {
    if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return false;
    let from = head.length;
    const end = name.length - tail.length;
    for (const piece of rest) {
      const at = name.indexOf(piece, from);
      if (at === -1 || at + piece.length > end) return false;
      from = at + piece.length;
    }
    return true;
  };
}

function settingsOf(config: RouterConfig, pattern: Pattern | undefined): RouteSettings {
  const rule = pattern?.rule;
  const own = rule?.timeouts;
  return {
    route: pattern?.text ?? "",
    rule,
    validationLevel: rule?.validation_level ?? config.validation_level,
    jsonRepair: rule?.json_repair ?? config.json_repair,
    eager: (rule?.structured_stream ?? config.structured_stream) === "eager",
    failover: rule?.failover ?? true,
    attemptsMax: rule?.attempts_max ?? config.attempts.max,
    defaultOutputTokens: rule?.default_output_tokens ?? config.default_output_tokens,
    defaultOutputTokensReasoning: rule?.default_output_tokens ?? config.default_output_tokens_reasoning,
    unboundedHoldNanousd: nanousd(rule?.unbounded_hold_usd ?? config.unbounded_hold_usd),
    timeouts: {
      connect_ms: own?.connect_ms || config.timeouts.connect_ms,
      first_content_ms: own?.first_content_ms || config.timeouts.first_content_ms,
      idle_ms: own?.idle_ms || config.timeouts.idle_ms,
      total_ms: own?.total_ms || config.timeouts.total_ms,
    },
  };
}

/** Configuration says US dollars; a flat amount to hold need not be more exact than a billionth of one. */
function nanousd(usd: number): bigint {
  return BigInt(Math.ceil(usd * 1_000_000_000));
}
