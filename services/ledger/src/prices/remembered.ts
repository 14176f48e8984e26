import type { LedgerDatabase } from "../store/database.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Override } from "./override.ts";
import { overrideFromText, priceFromText } from "./written.ts";

/** Before the ids of overrides among the remembered versions. */
export const OVERRIDE_MARK = "+";

/**
 * Makes versions and overrides that left the price files known again by their ids, as they were announced: attempts that were held by them
 * may still be settled, and are charged by nothing else. New attempts never get them.
 */
export async function recallPrices(database: LedgerDatabase, catalogue: Catalogue): Promise<void> {
  const { prices, overrides = [] } = catalogue.content;
  const listed = new Set([...prices.map(({ id }) => id), ...overrides.map(({ id }) => OVERRIDE_MARK + id)]);
  const rows = await database.db.selectFrom("price_versions").selectAll().execute();
  const gone = rows.filter(({ id }) => !listed.has(id));
  const isOverride = ({ id }: { readonly id: string }): boolean => id.startsWith(OVERRIDE_MARK);
  catalogue.remember(
    gone.filter((row) => !isOverride(row)).map(({ content }) => priceFromText(content)),
    gone.filter(isOverride).map(({ content }): Override => overrideFromText(content)),
  );
}
