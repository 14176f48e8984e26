import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { endedEvent } from "../store/events.ts";
import { placedEvent } from "./hold-terms.ts";
import type { Hold, HoldStore } from "./types.ts";

export interface KeepOptions {
  readonly store: HoldStore;
  readonly bus: Bus;
  readonly now: () => number;
}

export interface Granted {
  readonly hold: Hold;
  readonly repeated: boolean;
  readonly durable: Promise<void>;
  readonly confirm?: (() => void) | undefined;
}

/** Another process that granted it may have taken it back, or it has ended. @throws conflict */
async function checkLive(store: HoldStore, hold: Hold): Promise<void> {
  const state = (await store.find([hold])).get(hold.id)?.state ?? "forgotten";
  if (state !== "live") throw new SluiceError("conflict", `Hold ${hold.id} has ended (${state}).`);
}

/**
 * Resolves when a granted hold is durable and known to the streams. If either fails the other is taken back, unless the hold was granted
 * before: a repeated question takes nothing from it. @throws whatever failed
 */
export async function keepHold(
  { store, bus, now }: KeepOptions,
  { hold, repeated, durable, confirm }: Granted,
): Promise<void> {
  // Both commits run at the same time; the caller hears of the hold after both.
  const published = bus.publish(placedEvent(hold));
  const [kept, told] = await Promise.allSettled([durable, published]);
  if (repeated && kept.status === "rejected") throw kept.reason;
  if (repeated && told.status === "rejected") throw told.reason;
  if (repeated) await checkLive(store, hold);
  if (kept.status === "rejected") {
    const { id: holdId, tenant } = hold;
    const ending = endedEvent({ holdId, tenant, ending: "void", at: now(), reason: "The hold could not be kept." });
    if (told.status === "fulfilled") await bus.publish(ending);
    throw kept.reason;
  }
  if (told.status === "rejected") {
    await store.void(hold, now());
    throw told.reason;
  }
  confirm?.();
}
