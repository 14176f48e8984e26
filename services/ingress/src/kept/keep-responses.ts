import type { ServiceContext } from "@sluice/platform/module";
import type { IngressConfig } from "../config.ts";
import { KeptResponses } from "./kept-responses.ts";
import { type KeptSchema, migrations } from "./schema.ts";

const DAY_MS = 86_400_000;

/** Responses that are kept, and the timer that forgets old ones. */
export interface Keeping {
  readonly kept: KeptResponses;
  stop(): void;
}

/** Opens what keeps responses; undefined if configuration says that none are kept. @throws what the database throws */
export async function keepResponses({
  config,
  database,
  log,
}: Pick<ServiceContext<IngressConfig>, "config" | "database" | "log">): Promise<Keeping | undefined> {
  if (!config.stored_responses) return undefined;
  const { db } = await database<KeptSchema>(migrations);
  const limits = {
    ageMs: config.stored_responses_days * DAY_MS,
    responseBytes: config.stored_response_bytes_max,
    conversationBytes: config.body_bytes_max,
    orgBytes: config.stored_responses_org_bytes_max,
  };
  const kept = new KeptResponses({ db, limits, now: Date.now });
  const sweep = (): void => {
    kept.sweep().catch((error: unknown) => log.warn({ err: error }, "old responses not deleted"));
  };
  const timer = setInterval(sweep, kept.sweepMs);
  sweep();
  return { kept, stop: () => clearInterval(timer) };
}
