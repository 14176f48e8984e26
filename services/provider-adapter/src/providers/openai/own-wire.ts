import { fixedSampling } from "./models.ts";
import type { WireOptions } from "./options.ts";

/** What OpenAI's own models take, wherever they are served. */
export const OWN_WIRE: Partial<WireOptions> = {
  developerRole: true,
  unpaired: true,
  maxTokensField: "max_completion_tokens",
  toolChoice: new Set(["auto", "none", "required", "named", "allowed"]),
  fixedSampling,
};
