import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type {
  CloseSliceRequest,
  CloseSliceResponse,
  OpenSliceRequest,
  OpenSliceResponse,
} from "@sluice/proto/ledger/v1/ledger_service";
import { accountKey, chainFromProto, unitFromProto } from "../accounts.ts";
import type { UnitName } from "../amounts.ts";
import type { LedgerConfig } from "../config.ts";
import { endedEvent } from "../store/events.ts";
import { checkName } from "./check-request.ts";
import { fingerprint } from "./fingerprint.ts";
import { keepHold } from "./keep-hold.ts";
import { refusalOf } from "./refusal.ts";
import { reservedOf, sessionOf } from "./slice.ts";
import type { HoldStore, HoldTerms, UnitAmount } from "./types.ts";
import type { TimeZones } from "./windows.ts";

export interface SliceOptions {
  readonly store: HoldStore;
  readonly bus: Bus;
  readonly zones: TimeZones;
  readonly config: Pick<LedgerConfig, "held_retry_after_ms">;
  readonly now: () => number;
}

/** As much as one attempt may cost: sums of many such amounts still fit into 64 bits. */
const AMOUNT_MAX = 10n ** 18n;
const LIFE_MS_MAX = 366 * 24 * 3_600_000;

/**
 * Reserves a session's slice on its parents. It is durable, and known to the streams, before this resolves; repeating it changes nothing.
 * @throws invalid_request naming the field, conflict (the session had a slice already), overloaded, unavailable
 */
export async function openSlice(options: SliceOptions, request: OpenSliceRequest): Promise<OpenSliceResponse> {
  const { store, zones, config, now } = options;
  const at = now();
  const terms = sliceTerms(request, at);
  const { outcome, durable } = await store.place(terms);
  if (outcome.kind === "granted") {
    await keepHold(options, { ...outcome, durable });
    return { refused: undefined };
  }
  await durable;
  if (outcome.kind === "conflict") throw new SluiceError("conflict", outcome.reason);
  const shortfalls = outcome.kind === "refused" ? outcome.shortfalls : [];
  const zone = zones.zoneOf(terms.tenant);
  return { refused: refusalOf(shortfalls, { retryAfterMs: config.held_retry_after_ms, now: at, zone }) };
}

/**
 * Ends a session's slice: what its calls have not taken is free at once, no further call is admitted on it, and calls in flight keep what they
 * hold themselves. Repeating it changes nothing. @throws invalid_request, unavailable
 */
export async function closeSlice(options: SliceOptions, request: CloseSliceRequest): Promise<CloseSliceResponse> {
  const { store, bus, now } = options;
  const { tenantId: tenant, sessionId: id } = request;
  checkName(tenant, id);
  const slice = (await store.find([{ tenant, id }])).get(id);
  if (slice === undefined || slice.size.length === 0) return { draining: false };
  const at = now();
  // A repeated call publishes again, so that a failure here is made good by it.
  if (await store.void({ tenant, id }, at)) {
    await bus.publish(endedEvent({ holdId: id, tenant, ending: "void", at, reason: "The session was closed." }));
  }
  const [session] = await store.balances(tenant, [sessionOf({ id })]);
  return { draining: (session?.openHolds ?? 0) > 0 };
}

function sliceTerms(request: OpenSliceRequest, at: number): HoldTerms {
  const { tenantId: tenant, sessionId: id } = request;
  checkName(tenant, id);
  const accounts = chainFromProto(request.parents);
  if (accounts.some(({ kind }) => kind === "session")) {
    throw new SluiceError("invalid_request", "parents names a session; a slice is taken from other accounts.");
  }
  const size = sizeOf(request);
  const expiresAt = Number(request.expiresAtMs);
  if (expiresAt <= at || expiresAt > at + LIFE_MS_MAX) {
    throw new SluiceError(
      "invalid_request",
      `expires_at_ms is ${request.expiresAtMs}; a moment in the future is needed, at most ${LIFE_MS_MAX} ms from now.`,
    );
  }
  const content = [expiresAt, ...accounts.map(accountKey), ...size.map(({ unit, value }) => `${unit} ${value}`)];
  return {
    ...{ id, tenant, accounts, size, amounts: reservedOf(size), fingerprint: fingerprint(content.join("\n")) },
    ...{ requestId: "", provider: "", model: "", priceId: "", priceVersion: "", sliceId: "", task: "", tags: {} },
    ...{ placedAt: at, startedAt: at, expiresAt },
  };
}

function sizeOf({ amounts }: OpenSliceRequest): readonly UnitAmount[] {
  const size = new Map<UnitName, UnitAmount>();
  for (const { unit, value } of amounts) {
    if (value < 1n || value > AMOUNT_MAX) {
      throw new SluiceError("invalid_request", `amounts has ${value}; 1 to ${AMOUNT_MAX} are possible.`);
    }
    const name = unitFromProto(unit);
    if (size.has(name)) throw new SluiceError("invalid_request", `amounts has the unit ${name} twice.`);
    size.set(name, { unit: name, value });
  }
  if (size.size === 0) throw new SluiceError("invalid_request", "amounts is empty; a slice has at least one.");
  return [...size.values()];
}
