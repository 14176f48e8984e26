import type { ServiceModule } from "@sluice/platform/module";
import { LedgerServiceDefinition } from "@sluice/proto/ledger/v1/ledger_service";
import { configSchema } from "./config.ts";
import { startLedger } from "./start.ts";

/** Accounts, budgets, holds, prices, postings. */
export const ledgerModule: ServiceModule<typeof configSchema> = {
  name: "ledger",
  config: configSchema,
  owns: [LedgerServiceDefinition],
  calls: [],
  start: startLedger,
};
