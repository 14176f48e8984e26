import type { ModelEnd } from "../../provider.ts";

const retired = (shutdownOn: string, replacement?: string): ModelEnd => ({
  shutdownOn,
  ...(replacement !== undefined && { replacement }),
});

/** Announced ends, as of 2026-10-28; https://developers.openai.com/api/docs/deprecations */
export const ends: Readonly<Record<string, ModelEnd>> = {
  "gpt-3.5-turbo": retired("2026-10-23", "gpt-5.6-terra"),
  "gpt-3.5-turbo-0125": retired("2026-10-23", "gpt-5.6-terra"),
  "gpt-4": retired("2026-10-23", "gpt-5.6-sol"),
  "gpt-4-0613": retired("2026-10-23", "gpt-5.6-sol"),
  "gpt-4-1106-preview": retired("2026-10-23", "gpt-5.6-sol"),
  "gpt-4-turbo": retired("2026-10-23", "gpt-5.6-sol"),
  "gpt-4-turbo-2024-04-09": retired("2026-10-23", "gpt-5.6-sol"),
  "gpt-4o-2024-05-13": retired("2026-10-23", "gpt-5.6-sol"),
  "gpt-4.1-nano": retired("2026-10-23"),
  "gpt-4.1-nano-2025-04-14": retired("2026-10-23"),
  o1: retired("2026-10-23", "gpt-5.6-sol"),
  "o1-2024-12-17": retired("2026-10-23", "gpt-5.6-sol"),
  "o1-pro": retired("2026-10-23", "gpt-5.6-sol"),
  "o3-mini": retired("2026-10-23", "gpt-5.6-sol"),
  "o3-mini-2025-01-31": retired("2026-10-23", "gpt-5.6-sol"),
  "o4-mini": retired("2026-10-23", "gpt-5.6-terra"),
  "o4-mini-2025-04-16": retired("2026-10-23", "gpt-5.6-terra"),
  "gpt-5": { deprecatedOn: "2026-06-11", shutdownOn: "2026-12-11", replacement: "gpt-5.6-sol" },
  "gpt-5-mini": { deprecatedOn: "2026-06-11", shutdownOn: "2026-12-11" },
  "gpt-5-nano": { deprecatedOn: "2026-06-11", shutdownOn: "2026-12-11" },
  "gpt-5-pro": { deprecatedOn: "2026-06-11", shutdownOn: "2026-12-11" },
  o3: { deprecatedOn: "2026-06-11", shutdownOn: "2026-12-11", replacement: "gpt-5.6-sol" },
  "o3-pro": { deprecatedOn: "2026-06-11", shutdownOn: "2026-12-11" },
  "gpt-4o": { deprecatedOn: "2026-10-14", shutdownOn: "2027-01-14", replacement: "gpt-6-luna" },
  "gpt-4o-mini": { deprecatedOn: "2026-10-14", shutdownOn: "2027-01-14", replacement: "gpt-6-luna" },
  "gpt-4.1": { deprecatedOn: "2026-10-14", shutdownOn: "2027-01-14", replacement: "gpt-6-luna" },
  "gpt-4.1-mini": { deprecatedOn: "2026-10-14", shutdownOn: "2027-01-14", replacement: "gpt-6-luna" },
  "gpt-5.1": { shutdownOn: "2027-04-01" },
};
