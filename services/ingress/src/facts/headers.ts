import type { RouteHead } from "@sluice/proto/router/v1/router_service";
import { printUsd } from "./cost.ts";

/** What OpenAI's clients know the figures of rate limits by. */
export const RATE_HEADER = "x-ratelimit-";

const WARNINGS_LENGTH_MAX = 2_048;

/** What Sluice tells about an answer in its headers; the cost only where it is known before they leave. */
export function answerHeaders(head: RouteHead, costNanoUsd: bigint | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    "x-sluice-provider": encodeName(head.provider),
    "x-sluice-model": encodeName(head.model),
    "x-sluice-attempts": String(head.attempts),
  };
  if (costNanoUsd !== undefined) headers["x-sluice-cost-usd"] = printUsd(costNanoUsd);
  if (head.warnings.length > 0) headers["x-sluice-warnings"] = printWarnings(head.warnings);
  if (head.budgetWarnings.length > 0) headers["x-sluice-budget-warning"] = printWarnings(head.budgetWarnings);
  for (const [name, value] of Object.entries(head.rate)) headers[`${RATE_HEADER}${name}`] = value;
  if (head.simulated) headers["x-sluice-simulated"] = "true";
  return headers;
}

/** Percent-encodes what a header cannot carry; ordinary model names stay as they are. */
function encodeName(name: string): string {
  return name.replace(/[^\x21-\x7e]|%/gu, (character) => encodeURIComponent(character.toWellFormed()));
}

/** Warnings as one header: printable ASCII, cut at 2,048 characters. */
export function printWarnings(warnings: readonly string[]): string {
  const text = warnings.join("; ").replace(/[^\x20-\x7e]/g, "?");
  return text.length > WARNINGS_LENGTH_MAX ? `${text.slice(0, WARNINGS_LENGTH_MAX - 3)}...` : text;
}
