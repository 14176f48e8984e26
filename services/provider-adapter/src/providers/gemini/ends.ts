import type { ModelEnd } from "../../provider.ts";

const PREVIEWS: ModelEnd = { shutdownOn: "2025-12-02", replacement: "gemini-3.1-pro-preview" };

/** Announced ends, as of 2026-11-10; https://ai.google.dev/gemini-api/docs/deprecations */
export const ends: Readonly<Record<string, ModelEnd>> = {
  "gemini-2.5-pro": { shutdownOn: "2026-12-01", replacement: "gemini-3.8-flash" },
  "gemini-2.5-flash": { shutdownOn: "2026-12-01", replacement: "gemini-3.5-flash-lite" },
  "gemini-2.5-pro-preview-03-25": PREVIEWS,
  "gemini-2.5-pro-preview-05-06": PREVIEWS,
  "gemini-2.5-pro-preview-06-05": PREVIEWS,
  "gemini-3-pro-preview": { shutdownOn: "2026-03-09", replacement: "gemini-3.1-pro-preview" },
  "gemini-3-pro-image-preview": { shutdownOn: "2026-06-25", replacement: "gemini-3-pro-image" },
  "gemini-3.1-flash-image-preview": { shutdownOn: "2026-06-25", replacement: "gemini-3.1-flash-image" },
  "gemini-3.1-flash-lite": { shutdownOn: "2027-05-07" },
};
