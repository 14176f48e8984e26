import type { ModelEntry } from "../../provider.ts";
import { effortAmong, type ReasoningMapping, thinkingSwitch } from "../openai/effort.ts";

const FIXED = ["temperature", "top_p", "n", "presence_penalty", "frequency_penalty"];

/** The Kimi models take no sampling knobs; the older series does. */
export function refused(model: ModelEntry): readonly string[] {
  return model.id.startsWith("kimi-") ? FIXED : [];
}

const degrees = effortAmong(({ id }) => (id.startsWith("kimi-k3") ? ["low", "high", "max"] : []));
const onOrOff = thinkingSwitch(() => []);

/** Degrees for one generation, a switch for the one before, nothing for models that always or never think. */
export const reasoning: ReasoningMapping = (wish, context) =>
  /^kimi-k2\.[56]$/.test(context.model.id) ? onOrOff(wish, context) : degrees(wish, context);
