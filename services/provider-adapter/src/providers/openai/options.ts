import type { ModelEntry } from "../../provider.ts";
import type { UsageRules } from "./usage.ts";

/** How a provider with OpenAI's wire differs from what most look-alikes accept. Everything has a default. */
export interface WireOptions {
  /** Name of the provider, for warnings and errors. */
  readonly name: string;
  /** True if the role "developer" is known; otherwise it is sent as "system". */
  readonly developerRole: boolean;
  /** Name of the field that bounds output tokens. */
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  /** True if `stream_options.include_usage` is accepted. */
  readonly streamUsage: boolean;
  /** True if top_k, min_p and repetition_penalty are accepted. */
  readonly extendedSampling: boolean;
  /** Field of an assistant message that takes reasoning back; undefined if it must be left out. */
  readonly reasoningField: "reasoning_content" | "reasoning" | undefined;
  /** True for models that refuse sampling knobs other than their defaults. */
  readonly fixedSampling: (model: ModelEntry) => boolean;
  readonly usage: UsageRules;
}

/** What a look-alike accepts unless it says otherwise. */
export const DEFAULT_WIRE: Omit<WireOptions, "name"> = {
  developerRole: false,
  maxTokensField: "max_tokens",
  streamUsage: true,
  extendedSampling: false,
  reasoningField: undefined,
  fixedSampling: () => false,
  usage: {},
};
