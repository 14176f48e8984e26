/** Wires a provider that is not built in can speak; `configured.ts` holds how each is put together. */
export const WIRE_NAMES = ["openai", "anthropic", "gemini", "responses"] as const;

export type WireName = (typeof WIRE_NAMES)[number];
