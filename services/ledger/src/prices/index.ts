export { Catalogue, type CatalogueContent, type PricedModel } from "./catalogue.ts";
export { cost, inputTokensOf, outputTokensOf } from "./cost.ts";
export { loadCatalogue, SHIPPED_PRICES, tryContent } from "./load.ts";
export type { Override } from "./override.ts";
export { KINDS, type Kind, type LongContext, type Price, type Rates, type Tier } from "./price.ts";
