import { join } from "node:path";
import type { DatabaseOptions } from "@sluice/platform/sql";
import { temporaryDirectory } from "../harness/index.ts";
import { booksSuite } from "./ledger-books-suite.ts";
import { rollupsSuite } from "./ledger-rollups-suite.ts";

const place = (): DatabaseOptions => ({ kind: "sqlite", file: join(temporaryDirectory("books"), "ledger.db") });

booksSuite("SQLite", place);
rollupsSuite("SQLite", place);
