import type { OutgoingEvent } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { PriceChanged } from "@sluice/proto/events/v1/ledger_events";
import { takeTurn } from "../store/apply.ts";
import type { LedgerDatabase } from "../store/database.ts";
import { eventsToText } from "../store/events.ts";
import type { Outbox } from "../store/outbox.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Price } from "./price.ts";

/** Prices belong to no tenant. */
const SYSTEM = "system";

/**
 * Remembers the catalogue's versions and publishes `price.changed` for those never seen before.
 * @throws invalid_request if a version has another content than before: attempts were charged by it
 */
export async function announcePrices(database: LedgerDatabase, outbox: Outbox, catalogue: Catalogue): Promise<void> {
  const added = await database.db.transaction().execute(async (db) => {
    const turn = await takeTurn(db);
    const rows = await db.selectFrom("price_versions").selectAll().execute();
    const known = new Map(rows.map(({ id, content }) => [id, content]));
    refuseChanged(catalogue.prices, known);
    const fresh = catalogue.prices.filter(({ id }) => !known.has(id));
    if (fresh.length === 0) return undefined;
    const events = fresh.map(changedEvent);
    const values = fresh.map((price) => ({ id: price.id, content: contentOf(price) }));
    await db.insertInto("price_versions").values(values).execute();
    await db
      .insertInto("outbox")
      .values({ id: turn.outbox, events: eventsToText(events) })
      .execute();
    return { id: turn.outbox, events };
  });
  if (added !== undefined) outbox.add(added.id, added.events);
}

function refuseChanged(prices: readonly Price[], known: ReadonlyMap<string, string>): void {
  const changed = prices.filter((price) => (known.get(price.id) ?? contentOf(price)) !== contentOf(price));
  if (changed.length === 0) return;
  const names = changed.map(({ id }) => id).join(", ");
  throw new SluiceError(
    "invalid_request",
    `Price versions never change, but these have: ${names}. Restore them and add a new version with its own valid_from.`,
  );
}

function contentOf(price: Price): string {
  return JSON.stringify(price, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

function changedEvent(price: Price): OutgoingEvent<"price.changed"> {
  const payload = PriceChanged.fromPartial({
    priceId: price.priceId,
    priceVersion: price.id,
    validFromMs: BigInt(price.validFrom),
  });
  return { type: "price.changed", id: price.id, tenant: SYSTEM, payload };
}
