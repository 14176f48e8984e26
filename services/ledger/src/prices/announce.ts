import { type OutgoingEvent, printEvent } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { PriceChanged } from "@sluice/proto/events/v1/ledger_events";
import type { LedgerDatabase } from "../store/database.ts";
import { eventsToText } from "../store/events.ts";
import type { Outbox } from "../store/outbox.ts";
import { takeTurn } from "../store/write-rows.ts";
import type { CatalogueContent } from "./catalogue.ts";
import type { Override } from "./override.ts";
import { OVERRIDE_MARK } from "./remembered.ts";
import { isAddition, overrideText, priceText } from "./written.ts";

/** List prices belong to no tenant. */
const SYSTEM = "system";
/** Most rows in one statement: PostgreSQL takes 65,535 parameters, SQLite 32,766. */
const ROWS_MAX = 1_000;

/** One version or override as it is remembered. */
interface Entry {
  readonly id: string;
  readonly content: string;
  readonly event: OutgoingEvent<"price.changed">;
}

/**
 * Remembers the catalogue's versions and overrides and publishes `price.changed` for those never seen before.
 * @throws invalid_request if a version has another content than before: attempts were charged by it
 */
export async function announcePrices(
  database: LedgerDatabase,
  outbox: Outbox,
  content: CatalogueContent,
): Promise<void> {
  const entries = entriesOf(content);
  const added = await database.db.transaction().execute(async (db) => {
    const turn = await takeTurn(db);
    const rows = await db.selectFrom("price_versions").selectAll().execute();
    const known = new Map(rows.map((row) => [row.id, row.content]));
    refuseChanged(entries, known);
    for (const { id, content: text } of entries) {
      if (!known.has(id) || known.get(id) === text) continue;
      await db.updateTable("price_versions").set({ content: text }).where("id", "=", id).execute();
    }
    const fresh = entries.filter(({ id }) => !known.has(id));
    if (fresh.length === 0) return undefined;
    for (let from = 0; from < fresh.length; from += ROWS_MAX) {
      const values = fresh.slice(from, from + ROWS_MAX).map((entry) => ({ id: entry.id, content: entry.content }));
      await db.insertInto("price_versions").values(values).execute();
    }
    const events = fresh.map(({ event }) => printEvent(event));
    await db
      .insertInto("outbox")
      .values({ id: turn.outbox, events: eventsToText(events) })
      .execute();
    return { id: turn.outbox, events };
  });
  if (added !== undefined) outbox.add(added.id, added.events);
}

function entriesOf({ prices, overrides = [] }: CatalogueContent): readonly Entry[] {
  const listed = prices.map((price): Entry => {
    const { id, priceId, validFrom } = price;
    return { id, content: priceText(price), event: changedEvent({ id, priceId, validFrom, tenant: SYSTEM }) };
  });
  return [...listed, ...overrides.map(overrideEntry)];
}

function overrideEntry(override: Override): Entry {
  const id = OVERRIDE_MARK + override.id;
  const { match: priceId, validFrom, tenant } = override;
  return { id, content: overrideText(override), event: changedEvent({ id, priceId, validFrom, tenant }) };
}

function refuseChanged(entries: readonly Entry[], known: ReadonlyMap<string, string>): void {
  const changed = entries.filter(({ id, content }) => {
    const before = known.get(id);
    return before !== undefined && before !== content && !isAddition(before, content);
  });
  if (changed.length === 0) return;
  const names = changed.map(({ id }) => id).join(", ");
  throw new SluiceError(
    "invalid_request",
    `Price versions never change, but these have: ${names}. Restore them and add a new version with its own valid_from.`,
  );
}

interface Change {
  readonly id: string;
  readonly priceId: string;
  readonly validFrom: number;
  readonly tenant: string;
}

function changedEvent({ id, priceId, validFrom, tenant }: Change): OutgoingEvent<"price.changed"> {
  const payload = PriceChanged.fromPartial({ priceId, priceVersion: id, validFromMs: BigInt(validFrom) });
  return { type: "price.changed", id, tenant, payload };
}
