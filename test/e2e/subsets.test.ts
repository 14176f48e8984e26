// needs: nats redis postgres
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  eventually,
  freePort,
  type NodeChild,
  type RunningServer,
  startNats,
  startNode,
  startPostgres,
  startRedis,
  temporaryDirectory,
} from "../harness/index.ts";
import { chat } from "./support/chat.ts";

const PROGRAM = fileURLToPath(new URL("../../services/launcher/src/main.ts", import.meta.url));
/** A split nobody planned for: any subset may share a process. */
const SPLIT = [
  ["ingress", "router", "validator"],
  ["ledger", "provider-adapter", "identity", "quality-monitor", "simulator"],
] as const;

interface Place {
  readonly root: string;
  readonly config: string;
  readonly httpPort: number;
  readonly rpcPorts: readonly number[];
}

function passwordFile(root: string, name: string, server: RunningServer): string {
  const file = join(root, `${name}.password`);
  writeFileSync(file, `${server.password}\n`, { mode: 0o600 });
  return file;
}

async function startServers(t: TestContext) {
  const [nats, redis, postgres] = await Promise.all([startNats(), startRedis(), startPostgres()]);
  t.after(() => Promise.all([nats, redis, postgres].map((server) => server.stop())));
  return { nats, redis, postgres };
}

async function prepare(t: TestContext): Promise<Place> {
  const root = temporaryDirectory("subsets");
  const { nats, redis, postgres } = await startServers(t);
  const secret = join(root, "shared.secret");
  writeFileSync(secret, randomBytes(32).toString("base64url"), { mode: 0o600 });
  const rpcPorts = [await freePort(), await freePort()];
  const addresses = Object.fromEntries(
    SPLIT.flatMap((services, index) => services.map((service) => [service, `127.0.0.1:${rpcPorts[index]}`])),
  );
  const settings = {
    bus: {
      kind: "jetstream",
      servers: [`${nats.host}:${nats.port}`],
      user: nats.user,
      password_file: passwordFile(root, "nats", nats),
    },
    redis: { kind: "redis", host: redis.host, port: redis.port, password_file: passwordFile(root, "redis", redis) },
    sql: {
      kind: "postgres",
      host: postgres.host,
      port: postgres.port,
      user: postgres.user,
      database: "postgres",
      password_file: passwordFile(root, "postgres", postgres),
    },
    rpc: { addresses, secret_file: secret },
    identity: { admin_directory: root },
    simulator: { pace: 0 },
  };
  const config = join(root, "sluice.yaml");
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(settings), { mode: 0o600 });
  return { root, config, httpPort: await freePort(), rpcPorts };
}

function serve(t: TestContext, place: Place, index: number): NodeChild {
  const services = SPLIT[index] ?? [];
  const directory = join(place.root, `process-${index}`);
  mkdirSync(directory);
  const args = ["serve", services.join(","), "--config", place.config, "--data-dir", directory];
  const child = startNode(PROGRAM, {
    args: [...args, "--port", String(place.httpPort), "--set", `rpc.listen_port=${place.rpcPorts[index]}`],
  });
  t.after(() => child.kill());
  return child;
}

async function command(place: Place, ...args: string[]): Promise<string> {
  const child = startNode(PROGRAM, { args: [...args, "--json", "--data-dir", place.root] });
  const { code } = await child.exited;
  assert.equal(code, 0, child.stderr());
  return child.stdout();
}

test("any two halves of the services are a gateway, started in any order", async (t) => {
  const place = await prepare(t);
  const front = serve(t, place, 0);
  const back = serve(t, place, 1);
  const url = `http://127.0.0.1:${place.httpPort}`;
  await eventually(async () => assert.equal((await fetch(`${url}/readyz`)).status, 200));
  const made = JSON.parse(await command(place, "keys", "create", "--budget-usd", "1")) as { secret: string };
  for (const stream of [false, true]) {
    const outcome = await chat({ url, apiKey: made.secret, model: "sim/small", maxTokens: 30, stream });
    assert.deepEqual(outcome, { ok: true, status: 200, code: "" });
  }
  await eventually(
    async () => {
      const { budgets } = JSON.parse(await command(place, "budgets")) as {
        budgets: { account_kind: string; open_holds: number; spent: string; posted: string }[];
      };
      const key = budgets.find(({ account_kind }) => account_kind === "key");
      assert.equal(key?.open_holds, 0);
      assert.equal(key?.spent, key?.posted);
      assert.ok(BigInt(key?.posted ?? "0") > 0n);
    },
    { intervalMs: 200 },
  );
  assert.deepEqual(await front.end("SIGTERM"), { code: 0, signal: null });
  assert.deepEqual(await back.end("SIGTERM"), { code: 0, signal: null });
});
