import type { ForeignCatalogue } from "./foreign.ts";
import { readGenaiPrices } from "./genai-prices.ts";
import { readLitellm } from "./litellm.ts";
import { readModelsDev } from "./models-dev.ts";

/** Catalogues that can be read, by the name of their format. */
export const FORMATS: Readonly<Record<string, (document: unknown) => ForeignCatalogue>> = {
  litellm: readLitellm,
  "models-dev": readModelsDev,
  "genai-prices": readGenaiPrices,
};
