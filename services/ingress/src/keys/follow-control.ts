import { setTimeout as wait } from "node:timers/promises";
import { type Bus, payloadOf } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import type { KeyRing } from "./key-ring.ts";
import type { SessionRing } from "./session-ring.ts";

const RETRY_MS = 250;
const FOLLOWED = ["key.created", "key.revoked", "session.revoked"] as const;

/** Reading of the control stream, so that a revoked key and a closed session stop working within a second. */
export interface ControlFollower {
  /** True while these events reach this process. */
  hears(): boolean;
  stop(): Promise<void>;
}

export interface ControlFollowerOptions {
  readonly bus: Pick<Bus, "read" | "health">;
  readonly keys: Pick<KeyRing, "forget" | "forgetAll">;
  readonly sessions: Pick<SessionRing, "forget" | "forgetAll">;
  readonly log: Logger;
}

/**
 * Starts to follow what happens to keys and sessions. Each ingress process reads for itself, from now on; whenever reading starts anew
 * all of them are forgotten, because events may have been missed in between.
 */
export function followControl(options: ControlFollowerOptions): ControlFollower {
  const { bus, keys, sessions, log } = options;
  const stopping = new AbortController();
  let reading = false;

  const readOnce = async (): Promise<void> => {
    const events = bus.read({ stream: "SLUICE_CONTROL", from: "new", types: FOLLOWED, signal: stopping.signal });
    keys.forgetAll();
    sessions.forgetAll();
    reading = true;
    for await (const event of events) {
      if (event.type === "session.revoked") sessions.forget(payloadOf<"session.revoked">(event).sessionId);
      else keys.forget(payloadOf<"key.created" | "key.revoked">(event).keyHash);
    }
  };

  const follow = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await readOnce();
      } catch (thrown) {
        if (!stopping.signal.aborted) log.warn({ err: SluiceError.from(thrown) }, "control stream lost");
      }
      reading = false;
      await wait(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };

  const followed = follow();
  return {
    hears: () => reading && bus.health().connected,
    stop: () => {
      stopping.abort();
      return followed;
    },
  };
}
