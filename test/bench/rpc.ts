/** What one call and one streamed message cost, in the process and over gRPC: `node test/bench/rpc.ts`. */
import {
  bind,
  type Channel,
  createClient,
  openGrpcChannel,
  openLocalChannel,
  startGrpcServer,
} from "@sluice/platform/rpc";
import {
  ExplainResponse,
  ListModelsResponse,
  RouteRequest,
  RouteResponse,
  RouterServiceDefinition,
} from "@sluice/proto/router/v1/router_service";

const SECRET = "bench-secret-bench-secret";
const MESSAGES = 1_000;

function never(): never {
  throw new Error("not part of the bench");
}

const delta = RouteResponse.create({
  message: { $case: "batch", value: { chunks: [{ choice: 0, event: { $case: "text", value: " word" } }] } },
});

const service = bind(RouterServiceDefinition, {
  route: async function* () {
    for (let i = 0; i < MESSAGES; i++) yield delta;
  },
  listModels: async () => ListModelsResponse.create({}),
  explain: async () => ExplainResponse.create(),
  estimate: async () => never(),
});

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** Microseconds of wall clock and CPU (both sides, one process) per unit of work. */
async function measure(units: number, work: () => Promise<void>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const started = process.hrtime.bigint();
  await work();
  const wall = Number(process.hrtime.bigint() - started) / 1_000 / units;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / units };
}

function median(costs: readonly Cost[]): string {
  const middle = (pick: (cost: Cost) => number): string =>
    ([...costs].map(pick).sort((a, b) => a - b)[costs.length >> 1] ?? 0).toFixed(2);
  return `${middle(({ wall }) => wall)} us wall, ${middle(({ cpu }) => cpu)} us CPU`;
}

async function run(name: string, channel: Channel, calls: number, streams: number): Promise<void> {
  const client = createClient(RouterServiceDefinition, channel);
  const ask = RouteRequest.create({});
  const cases: readonly (readonly [string, number, () => Promise<void>])[] = [
    [
      "unary, one at a time",
      calls,
      async () => {
        for (let i = 0; i < calls; i++) await client.listModels({ tenantId: "acme" });
      },
    ],
    [
      "unary, 32 at a time",
      calls,
      async () => {
        const worker = async () => {
          for (let i = 0; i < calls / 32; i++) await client.listModels({ tenantId: "acme" });
        };
        await Promise.all(Array.from({ length: 32 }, worker));
      },
    ],
    [
      "unary with deadline and signal",
      calls,
      async () => {
        const { signal } = new AbortController();
        for (let i = 0; i < calls; i++) await client.listModels({ tenantId: "acme" }, { signal, deadlineMs: 10_000 });
      },
    ],
    [
      "stream, per message",
      streams * MESSAGES,
      async () => {
        for (let i = 0; i < streams; i++)
          for await (const answer of client.route(ask)) if (answer.message === undefined) never();
      },
    ],
  ];
  for (const [what, units, work] of cases) {
    await work();
    const costs: Cost[] = [];
    for (let round = 0; round < 5; round++) costs.push(await measure(units, work));
    process.stdout.write(`${name.padEnd(6)} ${what.padEnd(31)} ${median(costs)}\n`);
  }
}

const local = openLocalChannel({ services: [service] });
await run("local", local, 20_000, 50);
await local.close();

const server = await startGrpcServer({ services: [service], secret: SECRET });
const remote = await openGrpcChannel({ address: server.address, secret: SECRET });
await run("grpc", remote, 2_000, 5);
await remote.close();
await server.stop();
