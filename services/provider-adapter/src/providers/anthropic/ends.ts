import type { ModelEnd } from "../../provider.ts";

const FIRST: ModelEnd = { deprecatedOn: "2024-09-04", shutdownOn: "2024-11-06" };
const SECOND: ModelEnd = { deprecatedOn: "2025-01-21", shutdownOn: "2025-07-21" };
const SONNET_4: ModelEnd = { deprecatedOn: "2026-04-14", shutdownOn: "2026-06-15", replacement: "claude-sonnet-4-6" };
const OPUS_4: ModelEnd = { deprecatedOn: "2026-04-14", shutdownOn: "2026-06-15", replacement: "claude-opus-4-8" };

/** Announced ends, as of 2026-06-15; https://platform.claude.com/docs/en/about-claude/model-deprecations */
export const ends: Readonly<Record<string, ModelEnd>> = {
  "claude-1.0": FIRST,
  "claude-1.1": FIRST,
  "claude-1.2": FIRST,
  "claude-1.3": FIRST,
  "claude-instant-1.0": FIRST,
  "claude-2.0": SECOND,
  "claude-2.1": SECOND,
  "claude-3-sonnet-20240229": SECOND,
  "claude-3-opus-20240229": { deprecatedOn: "2025-06-30", shutdownOn: "2026-01-05" },
  "claude-sonnet-4-20250514": SONNET_4,
  "claude-sonnet-4-0": SONNET_4,
  "claude-opus-4-20250514": OPUS_4,
  "claude-opus-4-0": OPUS_4,
  "claude-opus-4-1-20250805": { shutdownOn: "2026-08-05" },
};
