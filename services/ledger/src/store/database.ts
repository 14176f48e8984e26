import type { ServiceDatabase } from "@sluice/platform/module";
import type { LedgerSchema } from "./schema.ts";

/** The ledger's own SQL database. */
export type LedgerDatabase = ServiceDatabase<LedgerSchema>;
