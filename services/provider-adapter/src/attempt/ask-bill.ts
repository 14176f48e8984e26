import { setTimeout as pause } from "node:timers/promises";
import { SluiceError } from "@sluice/platform/errors";
import { type Usage, UsageSource } from "@sluice/proto/common/v1/usage";
import type { AttemptTools, Ending, Plan } from "./types.ts";

/** Longest wait for a provider's own figures: while a caller is there, the next candidate waits behind it. */
const ASKING_MS = { callerWaits: 300, callerLeft: 5_000 } as const;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

interface AskedFlight {
  readonly plan: Plan;
  readonly tools: AttemptTools;
  /** True once the caller is gone. */
  readonly left: boolean;
}

/**
 * What a broken or abandoned attempt cost, in the provider's own figures, where it can be asked; otherwise what was counted stays.
 * A provider may know of a broken connection a moment later than we do, so it is asked again for a while. Never rejects.
 */
export async function askBill(flight: AskedFlight, ending: Ending): Promise<Ending> {
  const { plan, tools, left } = flight;
  const broken = ending.ending !== "completed" && ending.ending !== "not_sent";
  const guessed = ending.usage !== undefined && ending.source === UsageSource.USAGE_SOURCE_COUNTED;
  if (!broken || !guessed || plan.provider.usageLookUp === undefined) return ending;
  const found = await ask(plan, tools, left ? ASKING_MS.callerLeft : ASKING_MS.callerWaits);
  if (found === undefined) return ending;
  return { ...ending, usage: isNothing(found) ? undefined : found, source: UsageSource.USAGE_SOURCE_PROVIDER };
}

async function ask({ request }: Plan, tools: AttemptTools, askingMs: number): Promise<Usage | undefined> {
  const giveUpAt = tools.clock.now() + askingMs;
  try {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
      const answer = await tools.lookUp(request.provider, request.attemptId, askingMs);
      if (answer?.usage !== undefined || tools.clock.now() + wait > giveUpAt) return answer?.usage;
      await pause(wait);
    }
  } catch (error) {
    const fields = { err: SluiceError.from(error), attempt: request.attemptId, provider: request.provider };
    tools.log.warn(fields, "the provider did not say what a broken attempt cost");
    return undefined;
  }
}

/** True if the provider says that nothing was consumed. */
function isNothing(usage: Usage): boolean {
  const tokens = [usage.inputTokens, usage.cachedInputTokens, usage.outputTokens, usage.inputAudioTokens];
  return tokens.every((count) => count === undefined || count === 0n) && (usage.images ?? 0n) === 0n;
}
