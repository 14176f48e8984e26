import { join } from "node:path";
import { temporaryDirectory } from "../harness/index.ts";
import { qualitySuite } from "./quality-suite.ts";

const file = join(temporaryDirectory("quality-sql"), "quality.db");
qualitySuite("SQLite", async () => ({ kind: "sqlite", file }));
