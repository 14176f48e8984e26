import { join } from "node:path";
import { temporaryDirectory } from "../harness/index.ts";
import { keptResponsesSuite } from "./kept-responses-suite.ts";

keptResponsesSuite("SQLite", { kind: "sqlite", file: join(temporaryDirectory("kept-responses"), "ingress.db") });
