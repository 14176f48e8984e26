// needs: postgres
import { after } from "node:test";
import { startPostgres } from "../harness/index.ts";
import { keptResponsesSuite } from "./kept-responses-suite.ts";

const server = await startPostgres();
after(() => server.stop());
const { host, port, user, password } = server;
const connection = { host, port, user, password, database: "postgres" };
keptResponsesSuite("PostgreSQL", { kind: "postgres", connection, schema: "ingress", poolSize: 2 });
