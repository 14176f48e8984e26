// needs: postgres
import { after } from "node:test";
import { startPostgres } from "../harness/index.ts";
import { qualitySuite } from "./quality-suite.ts";

const server = await startPostgres();
after(() => server.stop());
const { host, port, user, password } = server;
qualitySuite("PostgreSQL", async () => ({
  kind: "postgres",
  connection: { host, port, user, password, database: "postgres" },
  schema: "quality",
  poolSize: 2,
}));
