import { join } from "node:path";
import { temporaryDirectory } from "../harness/index.ts";
import { ledgerCorrectionsSuite } from "./ledger-corrections-suite.ts";
import { ledgerReportsSuite } from "./ledger-reports-suite.ts";
import { LedgerWorld } from "./ledger-world.ts";

function make(config: Record<string, unknown>): LedgerWorld {
  const file = join(temporaryDirectory("books"), "ledger.db");
  return new LedgerWorld({ database: { kind: "sqlite", file }, config });
}

ledgerReportsSuite("SQLite, embedded holds", make);
ledgerCorrectionsSuite("SQLite, embedded holds", make);
