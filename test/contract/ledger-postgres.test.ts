// needs: redis postgres
import { after, before } from "node:test";
import { connectRedis, type Redis } from "@sluice/platform/cache";
import { startPostgres, startRedis } from "../harness/index.ts";
import { ledgerHostileSuite } from "./ledger-hostile-suite.ts";
import { ledgerPricesSuite } from "./ledger-prices-suite.ts";
import { ledgerSessionsSuite } from "./ledger-sessions-suite.ts";
import { ledgerSuite } from "./ledger-suite.ts";
import { ledgerWindowsSuite } from "./ledger-windows-suite.ts";
import { LedgerWorld } from "./ledger-world.ts";

const postgres = await startPostgres();
const server = await startRedis();
let redis: Redis;
let worlds = 0;
before(async () => {
  redis = await connectRedis({ host: server.host, port: server.port, password: server.password });
});
after(async () => {
  redis.disconnect();
  await server.stop();
  await postgres.stop();
});

function make(config: Record<string, unknown>): LedgerWorld {
  const { host, port, user, password } = postgres;
  const connection = { host, port, user, password, database: "postgres" };
  const database = { kind: "postgres", connection, schema: `ledger_${worlds++}`, poolSize: 4 } as const;
  return new LedgerWorld({ database, redis, config });
}

ledgerSuite("PostgreSQL, Redis holds", make);
ledgerHostileSuite("PostgreSQL, Redis holds", make);
ledgerSessionsSuite("PostgreSQL, Redis holds", make, async () => {
  const counters = await redis.keys("sluice:{acme}:*:counters");
  return (await Promise.all(counters.map((key) => redis.hkeys(key)))).flat();
});
ledgerPricesSuite("PostgreSQL, Redis holds", make);
ledgerWindowsSuite("PostgreSQL, Redis holds", (config = {}) => make(config));
