/**
 * What a hold costs whoever calls the ledger over gRPC: the call, the decision in Redis, and `hold.placed` in the event log. Both sides of the
 * call are in this process. `node test/bench/ledger-grpc.ts` prints one JSON line per figure.
 */
import { join } from "node:path";
import { connectRedis } from "@sluice/platform/cache";
import { createClient, openGrpcChannel, startGrpcServer } from "@sluice/platform/rpc";
import { HoldRequest, LedgerServiceDefinition } from "@sluice/proto/ledger/v1/ledger_service";
import { KEY, LedgerWorld, ORG } from "../contract/ledger-world.ts";
import { startRedis, temporaryDirectory } from "../harness/index.ts";

const SECRET = "bench-secret-bench-secret";
const COUNT = 6_400;

const redisServer = await startRedis();
const redis = await connectRedis({ host: redisServer.host, port: redisServer.port, password: redisServer.password });
const database = { kind: "sqlite", file: join(temporaryDirectory("bench"), "ledger.db") } as const;
const world = await new LedgerWorld({ database, redis }).start();
await world.limit(2n ** 60n);
const server = await startGrpcServer({ services: world.services, secret: SECRET });
const channel = await openGrpcChannel({ address: server.address, secret: SECRET });
const ledger = createClient(LedgerServiceDefinition, channel);

async function holds(run: string, count: number, atOnce: number): Promise<void> {
  const times: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const attemptId = `${run}-${next++}`;
      const from = performance.now();
      const about = { attemptId, requestId: attemptId, tenantId: "acme", accounts: [ORG, KEY], ttlMs: 600_000n, n: 1 };
      const model = { provider: "sim", model: "exact", priceId: "sim/exact", outputTokenBound: 10n };
      const { outcome } = await ledger.hold(HoldRequest.fromPartial({ ...about, ...model }));
      if (outcome?.$case !== "granted") throw new Error(`Hold ${attemptId} was not granted.`);
      times.push(performance.now() - from);
    }
  };
  const cpu = process.cpuUsage();
  const from = performance.now();
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const figures = {
    what: `LedgerService.Hold over gRPC, Redis, ${run}, ${atOnce} at once`,
    p50_us: Math.round((times[times.length >> 1] ?? 0) * 1_000),
    cpu_us_per_hold: Math.round((user + system) / count),
    holds_per_s: Math.round(count / seconds),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

await holds("warm-up", COUNT, 64);
await holds("one", COUNT / 10, 1);
await holds("many", COUNT, 64);
await channel.close();
await server.stop();
await world.close();
redis.disconnect();
await redisServer.stop();
