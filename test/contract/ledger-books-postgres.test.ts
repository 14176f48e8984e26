// needs: postgres
import { after } from "node:test";
import { startPostgres } from "../harness/index.ts";
import { booksSuite } from "./ledger-books-suite.ts";

const postgres = await startPostgres();
after(() => postgres.stop());
let schemas = 0;

booksSuite("PostgreSQL", () => {
  const { host, port, user, password } = postgres;
  const connection = { host, port, user, password, database: "postgres" };
  return { kind: "postgres", connection, schema: `books_${schemas++}`, poolSize: 4 };
});
