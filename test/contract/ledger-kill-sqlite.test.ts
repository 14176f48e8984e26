import { join } from "node:path";
import { temporaryDirectory } from "../harness/index.ts";
import { ledgerKillSuite } from "./ledger-kill-suite.ts";

ledgerKillSuite("SQLite, embedded holds, embedded bus", async () => {
  const directory = temporaryDirectory("books");
  return {
    bus: { kind: "embedded", file: join(directory, "events.db") },
    database: { kind: "sqlite", file: join(directory, "ledger.db") },
  };
});
