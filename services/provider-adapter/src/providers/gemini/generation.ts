import type { ChatRequest, Sampling } from "@sluice/proto/chat/v1/chat";
import type { ModelEntry } from "../../provider.ts";
import { parseExtra, type Warnings } from "../openai/warnings.ts";
import { exactThinking, mapThinking, thinkingOf } from "./thinking.ts";
import { isObject, textOf } from "./wire.ts";

type Config = Record<string, unknown>;

interface Context {
  readonly warnings: Warnings;
  /** True if the request is in Google's own dialect. */
  readonly passUnknown: boolean;
}

const INT32_MAX = 2_147_483_647n;
const STOPS_MAX = 5;

function bounded(value: bigint): number {
  return Number(value > INT32_MAX ? INT32_MAX : value);
}

/** Only the second generation takes penalties; all others of Google's refuse any but zero. */
function takesPenalties(entry: ModelEntry): boolean {
  return !entry.id.startsWith("gemini-") || entry.id.startsWith("gemini-2.0");
}

function addPenalties(config: Config, sampling: Sampling, accepted: boolean, warnings: Warnings): void {
  const { frequencyPenalty, presencePenalty } = sampling;
  // A penalty that changes nothing is left out: some models refuse the field itself.
  if (frequencyPenalty) {
    if (accepted) config["frequencyPenalty"] = frequencyPenalty;
    else warnings.dropped("frequency_penalty");
  }
  if (presencePenalty) {
    if (accepted) config["presencePenalty"] = presencePenalty;
    else warnings.dropped("presence_penalty");
  }
}

function addSampling(config: Config, sampling: Sampling, penalties: boolean, warnings: Warnings): void {
  const { temperature, topP, topK, seed } = sampling;
  if (temperature !== undefined) config["temperature"] = temperature;
  if (topP !== undefined) config["topP"] = topP;
  if (topK !== undefined) config["topK"] = topK;
  addPenalties(config, sampling, penalties, warnings);
  if (seed !== undefined) {
    if (seed >= -INT32_MAX - 1n && seed <= INT32_MAX) config["seed"] = Number(seed);
    else warnings.dropped("A seed beyond 32 bits");
  }
  if (sampling.minP !== undefined) warnings.dropped("min_p");
  if (sampling.repetitionPenalty !== undefined) warnings.dropped("repetition_penalty");
  if (Object.keys(sampling.logitBias).length > 0) warnings.dropped("logit_bias");
}

/** Pictures and speech; voices are Google's own. */
function addModalities(config: Config, request: ChatRequest, { warnings, passUnknown }: Context): void {
  const wanted = request.modalities.map((name) => name.toUpperCase());
  if (wanted.some((name) => name !== "TEXT") || (passUnknown && wanted.length > 0))
    config["responseModalities"] = wanted;
  if (request.audioOutputJson === "") return;
  const audio = parseExtra(request.audioOutputJson, "audio") ?? {};
  const voiceName = textOf(audio["voice"]);
  if (voiceName !== "") config["speechConfig"] = { voiceConfig: { prebuiltVoiceConfig: { voiceName } } };
  if (audio["format"] !== undefined) warnings.dropped("The format of audio answers");
}

function addOutput(config: Config, request: ChatRequest, { warnings, passUnknown }: Context): void {
  if (request.maxOutputTokens !== undefined) config["maxOutputTokens"] = bounded(request.maxOutputTokens);
  const stops = request.stop.filter((text) => text !== "");
  if (stops.length > STOPS_MAX) {
    warnings.say(`At most ${STOPS_MAX} stop strings are supported; ${stops.length - STOPS_MAX} were dropped.`);
  }
  if (stops.length > 0) config["stopSequences"] = stops.slice(0, STOPS_MAX);
  if (request.n !== undefined && (passUnknown || request.n !== 1)) config["candidateCount"] = request.n;
  if (request.logprobs === true) {
    config["responseLogprobs"] = true;
    if (request.topLogprobs !== undefined) config["logprobs"] = request.topLogprobs;
  }
}

/** Unknown settings of the caller's, without those the canonical request says itself: none may get past a bound, in either spelling. */
function ownSettings(extra: unknown): Config {
  if (!isObject(extra)) return {};
  const { maxOutputTokens, max_output_tokens, candidateCount, candidate_count, ...rest } = extra;
  return rest;
}

/** `generationConfig` but for the form of the text; undefined if nothing is to be said. `extra` holds unknown settings in Google's own dialect. */
export function mapGeneration(
  request: ChatRequest,
  entry: ModelEntry,
  extra: unknown,
  context: Context,
): Config | undefined {
  const { warnings, passUnknown } = context;
  const config = ownSettings(extra);
  if (request.sampling !== undefined) addSampling(config, request.sampling, takesPenalties(entry), warnings);
  addOutput(config, request, context);
  addModalities(config, request, context);
  const thinking = thinkingOf(entry);
  const exact = passUnknown ? exactThinking(request.reasoning, thinking) : undefined;
  const thinkingConfig = exact ?? mapThinking(request.reasoning, thinking, warnings);
  if (thinkingConfig !== undefined) {
    const before = config["thinkingConfig"];
    config["thinkingConfig"] = { ...(isObject(before) ? before : {}), ...thinkingConfig };
  }
  return Object.keys(config).length === 0 ? undefined : config;
}
