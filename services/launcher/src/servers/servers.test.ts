// needs: nats redis postgres
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openDatabase } from "@sluice/platform/sql";
import { installHint, type RunningServer, startNats, startPostgres, startRedis } from "./index.ts";

async function folder(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-servers-"));
  await chmod(directory, 0o711);
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A killed orphan stays as a zombie where nobody collects it. */
function isRunning(pid: number): boolean {
  if (!isAlive(pid)) return false;
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return !existsSync("/proc/self/stat");
  }
}

async function livesThroughRestarts(server: RunningServer): Promise<void> {
  const { port, pid } = server;
  await server.kill();
  assert.deepEqual(await server.exited, { code: null, signal: "SIGKILL" });
  assert.equal(isAlive(pid), false);
  await server.restart();
  assert.equal(server.port, port);
  assert.notEqual(server.pid, pid);
  await server.restart();
  const last = server.pid;
  await server.stop();
  await server.stop();
  assert.equal(isAlive(last), false);
}

const STARTERS = { nats: startNats, redis: startRedis, postgres: startPostgres };
for (const [name, start] of Object.entries(STARTERS)) {
  test(`${name} is stopped, killed and restarted on its port, with its password kept owner-only`, async (t) => {
    const directory = join(await folder(t), name);
    const server = await start({ directory, fast: true });
    t.after(() => server.kill());
    assert.equal((await stat(join(directory, "password"))).mode & 0o777, 0o600);
    assert.equal((await stat(server.logFile)).mode & 0o777, 0o600);
    await livesThroughRestarts(server);
    const again = await start({ directory, port: server.port, ...{ fast: true } });
    t.after(() => again.kill());
    assert.equal(again.password, server.password);
    await again.stop();
  });
}

/** Where root's server keeps its data; for others a folder that is not there. */
function outsideOf(directory: string): string {
  const place = join(directory, "place");
  const name = existsSync(place) ? readFileSync(place, "utf8").trim() : "none";
  return join("/var/lib/sluice-postgres", name);
}

test("a PostgreSQL whose directory was deleted starts anew, with the new password", async (t) => {
  const parent = await folder(t);
  // Nobody else may pass here, so that root has to keep the data elsewhere.
  await chmod(parent, 0o700);
  const directory = join(parent, "postgres");
  const first = await startPostgres({ directory, fast: true });
  await first.stop();
  const places = [outsideOf(directory)];
  await rm(directory, { recursive: true });
  const second = await startPostgres({ directory, fast: true });
  places.push(outsideOf(directory));
  t.after(async () => {
    await second.kill();
    for (const path of places) await rm(path, { recursive: true, force: true });
  });
  assert.notEqual(second.password, first.password);
  const { host, port, user, password } = second;
  const connection = { host, port, user, password, database: "postgres" };
  const database = await openDatabase({ kind: "postgres", connection, schema: "anew", poolSize: 1 }, {});
  await database.close();
});

test("a server dies with the process that started it, also when that is killed", async (t) => {
  const directory = await folder(t);
  const index = new URL("./index.ts", import.meta.url).href;
  const program = `const { startRedis } = await import(${JSON.stringify(index)});
    const server = await startRedis({ directory: ${JSON.stringify(directory)} });
    process.stdout.write(server.pid + "\\n");
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(parent.stdout, "data");
  const pid = Number(String(line));
  assert.equal(isAlive(pid), true);
  parent.kill("SIGKILL");
  const deadline = Date.now() + 20_000;
  while (isRunning(pid) && Date.now() < deadline) await delay(20);
  assert.equal(isRunning(pid), false);
});

test("the hint names the Debian packages that are missing", () => {
  assert.match(installHint(["nats", "postgres"]), /apt-get install nats-server postgresql$/);
});
