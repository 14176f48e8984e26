import { join } from "node:path";
import { temporaryDirectory } from "../harness/index.ts";
import { sqlSuite } from "./sql-suite.ts";

const directory = temporaryDirectory("sql");
let files = 0;

sqlSuite("SQLite", () => ({ kind: "sqlite", file: join(directory, `${files++}.db`) }));
