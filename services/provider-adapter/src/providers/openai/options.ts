import type { ModelEntry } from "../../provider.ts";
import { effortOnly, type ReasoningMapping } from "./effort.ts";
import { type ErrorRules, NO_ERROR_RULES } from "./error-rules.ts";
import type { UsageRules } from "./usage.ts";

/** The forms of `tool_choice`; "allowed" is OpenAI's list of several allowed tools. */
export type ToolChoiceForm = "auto" | "none" | "required" | "named" | "allowed";

/** How an assistant message takes its reasoning back. */
export interface ReasoningBack {
  /** "thinking" is a content part of that type, "details" a list with signatures beside plain text. */
  readonly form: "reasoning_content" | "reasoning" | "thinking" | "details";
  /** "tool_turns" sends back only the reasoning of turns in which tools were called. */
  readonly when: "always" | "tool_turns";
}

/** What a provider accepts that refuses what it does not know; undefined where it ignores the rest. */
export interface OnlyFields {
  readonly body: ReadonlySet<string> | undefined;
  /** Fields of a message beside the usual ones; an author's name is not usual but for tool results. */
  readonly message: ReadonlySet<string> | undefined;
  /** Kinds of content part beside text and pictures. */
  readonly part: ReadonlySet<string> | undefined;
}

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
  /** True if several answers may be asked for at once. */
  readonly manyAnswers: boolean;
  /** Highest temperature; undefined if any goes. */
  readonly temperatureMax: number | undefined;
  /** Fields of the body that this provider spells otherwise. */
  readonly renamed: Readonly<Record<string, string>>;
  readonly only: OnlyFields;
  /** Fields sent with every request unless the caller wrote them. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Fields of the body that it refuses for this model. */
  readonly refused: (model: ModelEntry) => readonly string[];
  /** True if it knows tools. */
  readonly tools: boolean;
  /** True if a conversation whose calls and results do not pair goes out as it is: the caller's own provider says what it thinks of it. */
  readonly unpaired: boolean;
  /** The forms of `tool_choice` it accepts; the others are emulated by the list of tools sent. */
  readonly toolChoice: ReadonlySet<ToolChoiceForm>;
  /** Its word for "at least one call". */
  readonly requiredWord: "required" | "any";
  /** The form its tool-call ids must have; a pure function, so that a call and its result stay paired. */
  readonly toolCallId: (id: string) => string;
  /** Whether it takes `json_object`; otherwise the wish is dropped. */
  readonly jsonObject: boolean;
  /** Whether the model takes `json_schema`; otherwise the schema is put into the prompt and `json_object` asked for. */
  readonly jsonSchema: (model: ModelEntry) => boolean;
  /** The fields that ask for more or less thinking. */
  readonly reasoning: ReasoningMapping;
  /** How reasoning of earlier turns goes back; undefined if it must be left out. */
  readonly reasoningBack: ReasoningBack | undefined;
  /** True for models that refuse sampling knobs other than their defaults. */
  readonly fixedSampling: (model: ModelEntry) => boolean;
  /** True if marks for its prompt cache (`cache_control`) are taken on parts of a message; most providers cache by themselves. */
  readonly cacheMarks: boolean;
  readonly usage: UsageRules;
  readonly errors: ErrorRules;
}

/** What a look-alike accepts unless it says otherwise. */
export const DEFAULT_WIRE: Omit<WireOptions, "name"> = {
  developerRole: false,
  maxTokensField: "max_tokens",
  streamUsage: true,
  extendedSampling: false,
  manyAnswers: true,
  temperatureMax: undefined,
  renamed: {},
  only: { body: undefined, message: undefined, part: undefined },
  defaults: {},
  refused: () => [],
  tools: true,
  unpaired: false,
  toolChoice: new Set(["auto", "none", "required", "named"]),
  requiredWord: "required",
  toolCallId: (id) => id,
  jsonObject: true,
  jsonSchema: () => true,
  reasoning: effortOnly,
  reasoningBack: undefined,
  fixedSampling: () => false,
  cacheMarks: false,
  usage: {},
  errors: NO_ERROR_RULES,
};
