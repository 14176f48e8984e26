// needs: nats redis postgres
import { join } from "node:path";
import { after } from "node:test";
import { connectRedis } from "@sluice/platform/cache";
import { startNats, startPostgres, startRedis, temporaryDirectory } from "../harness/index.ts";
import { ledgerKillSuite } from "./ledger-kill-suite.ts";

ledgerKillSuite("PostgreSQL, Redis holds, JetStream", async () => {
  const [nats, redisServer, postgres] = await Promise.all([startNats(), startRedis(), startPostgres()]);
  const options = { host: redisServer.host, port: redisServer.port, password: redisServer.password };
  const redis = await connectRedis(options);
  after(async () => {
    redis.disconnect();
    for (const server of [nats, redisServer, postgres]) await server.stop();
  });
  const { host, port, user, password } = postgres;
  return {
    bus: {
      kind: "jetstream",
      servers: [`${nats.host}:${nats.port}`],
      user: nats.user,
      password: nats.password,
      outboxFile: join(temporaryDirectory("outbox"), "outbox.db"),
    },
    database: {
      kind: "postgres",
      connection: { host, port, user, password, database: "postgres" },
      schema: "ledger_killed",
      poolSize: 4,
    },
    connection: { redis, options },
  };
});
