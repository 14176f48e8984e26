import { type Bus, payloadOf } from "@sluice/platform/bus";
import type { AttemptStarted } from "@sluice/proto/events/v1/attempt_events";
import { type HoldEnded, HoldPlaced } from "@sluice/proto/events/v1/ledger_events";
import { accountFromProto, unitFromProto } from "../accounts.ts";
import { NOTHING } from "../amounts.ts";
import { placedEvent } from "./hold-terms.ts";
import type { Hold, UnitAmount } from "./types.ts";

/** From where on the streams tell of every hold that lives. */
export interface Reading {
  /** Epoch milliseconds; what was stored before need not be read. */
  readonly fromMs: number;
  /** Older holds that lived when that was noted. */
  readonly carried: readonly Hold[];
}

/** Holds older than this are noted one by one, so that a long one (a session's slice) does not make the streams be read from its beginning. */
const YOUNG_MS = 300_000;
const CARRIED_MAX = 5_000;
/** Clocks of the ledgers and of the stream may differ by so much. */
const CLOCKS_MS = 60_000;

/** Every hold that was placed and has not ended, according to the streams. */
export async function openHoldsOf(bus: Bus, since?: Reading): Promise<readonly Hold[]> {
  const open = new Map((since?.carried ?? []).map((hold) => [hold.id, hold]));
  const read = { untilEnd: true, ...(since === undefined ? {} : { fromTime: since.fromMs }) };
  for await (const event of bus.read({ stream: "SLUICE_LEDGER", types: ["hold.placed", "hold.ended"], ...read })) {
    if (event.type === "hold.ended") open.delete((payloadOf(event) as HoldEnded).holdId);
    else {
      const hold = holdOfEvent(payloadOf(event) as HoldPlaced);
      if (!open.has(hold.id)) open.set(hold.id, hold);
    }
  }
  if (open.size === 0) return [];
  for await (const event of bus.read({ stream: "SLUICE_ATTEMPTS", types: ["attempt.started"], ...read })) {
    const { holdId } = payloadOf(event) as AttemptStarted;
    const hold = open.get(holdId);
    if (hold !== undefined) open.set(holdId, { ...hold, started: true });
  }
  return [...open.values()];
}

/** From where on the streams will have to be read, given all holds that live now (epoch milliseconds). */
export function readingOf(live: readonly Hold[], now: number): Reading {
  const byAge = [...live].sort((a, b) => a.placedAt - b.placedAt);
  const young = byAge.findIndex(({ placedAt }) => placedAt > now - YOUNG_MS);
  const carried = byAge.slice(0, Math.min(young < 0 ? byAge.length : young, CARRIED_MAX));
  const oldest = byAge[carried.length]?.placedAt ?? now;
  return { fromMs: Math.max(0, Math.min(oldest, now) - CLOCKS_MS), carried };
}

/** Holds as text that `holdsOfText` reads. */
export function textOfHolds(holds: readonly Hold[]): string {
  return JSON.stringify(holds.map((hold) => [HoldPlaced.toJSON(placedEvent(hold).payload), hold.started]));
}

/** What `textOfHolds` wrote. */
export function holdsOfText(text: string): readonly Hold[] {
  const rows = JSON.parse(text) as readonly (readonly [placed: unknown, started: boolean])[];
  return rows.map(([placed, started]) => ({ ...holdOfEvent(HoldPlaced.fromJSON(placed)), started }));
}

function holdOfEvent(placed: HoldPlaced): Hold {
  const held = new Map(placed.amounts.map(({ unit, value }) => [unitFromProto(unit), value]));
  const placedAt = Number(placed.placedAtMs);
  return {
    id: placed.holdId,
    tenant: placed.tenantId,
    requestId: placed.requestId,
    accounts: placed.accounts.map(accountFromProto),
    amounts: {
      nanousd: held.get("nanousd") ?? 0n,
      inputTokens: held.get("input_tokens") ?? 0n,
      outputTokens: held.get("output_tokens") ?? 0n,
    },
    provider: placed.provider,
    model: placed.model,
    priceId: placed.priceId,
    priceVersion: placed.priceVersion,
    fingerprint: "",
    placedAt,
    expiresAt: Number(placed.expiresAtMs),
    startedAt: placed.startedAtMs === 0n ? placedAt : Number(placed.startedAtMs),
    sliceId: placed.sliceId,
    size: placed.size.map(({ unit, value }): UnitAmount => ({ unit: unitFromProto(unit), value })),
    task: placed.task,
    tags: placed.tags,
    counters: [],
    state: "live",
    started: false,
    settled: NOTHING,
    rank: 0,
    endedAt: 0,
  };
}
