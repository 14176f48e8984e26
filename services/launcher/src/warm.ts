import { enableCompileCache, flushCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

/** Loads what a start loads, with the compiled code kept where main.ts looks for it. */
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/sluice", import.meta.url)));
await Promise.all([
  import("./command-line.ts"),
  import("./first-start/announce.ts"),
  import("./process/running-process.ts"),
  import("./process/settings.ts"),
  import("./targets.ts"),
  import("@sluice/ledger/books-thread"),
]);
flushCompileCache();
