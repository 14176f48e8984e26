import { join } from "node:path";
import { temporaryDirectory } from "../harness/index.ts";
import { booksSuite } from "./ledger-books-suite.ts";

booksSuite("SQLite", () => ({ kind: "sqlite", file: join(temporaryDirectory("books"), "ledger.db") }));
