// shapes: embedded
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startNode, temporaryDirectory } from "../harness/index.ts";
import { startSystem } from "../harness/system.ts";

const PROGRAM = fileURLToPath(new URL("../../services/launcher/src/main.ts", import.meta.url));

interface Start {
  /** Content of sluice.yaml. */
  readonly yaml?: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
}

/** Starts the gateway, which must refuse; what it says on standard error. */
async function refusedStart(start: Start): Promise<string> {
  const directory = temporaryDirectory("refused");
  const file = join(directory, "sluice.yaml");
  writeFileSync(file, start.yaml ?? "");
  const child = startNode(PROGRAM, {
    args: [
      ...(start.command ?? ["up", "--port", "0"]),
      ...["--config", file],
      ...["--data-dir", join(directory, "data")],
      ...(start.args ?? []),
    ],
    directory,
    ...(start.environment === undefined ? {} : { environment: start.environment }),
  });
  const { code } = await child.exited;
  assert.equal(code, 1, `${child.stdout()}${child.stderr()}`);
  assert.doesNotMatch(child.stdout(), /ready/);
  assert.doesNotMatch(child.stderr(), /\n {4}at /, "no stack trace");
  return child.stderr();
}

test("an unknown key of the configuration is named, with what was probably meant", async () => {
  const said = await refusedStart({ yaml: "ingress:\n  listen_prot: 9000\n" });
  assert.match(said, /ingress\.listen_prot.*listen_port/s);
});

test("all problems of a configuration are told at once", async () => {
  const said = await refusedStart({
    yaml: "ingress:\n  max_in_flight: many\n  body_bytes_max: 1\nrouter:\n  hold_ttl_ms: 5\nsurprise: 1\n",
    environment: { SLUICE_LOG__LEVEL: "chatty" },
  });
  for (const key of ["ingress.max_in_flight", "ingress.body_bytes_max", "router.hold_ttl_ms", "surprise", "log.level"])
    assert.ok(said.includes(key), `${key} in: ${said}`);
});

test("a provider's key in the configuration file is refused, and not repeated", async () => {
  const secret = "sk-proj-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9v";
  const yaml = `provider_adapter:\n  providers:\n    openai:\n      base_url: https://api.openai.com/v1\n      api_key: ${secret}\n`;
  const said = await refusedStart({ yaml });
  assert.match(said, /sluice secrets set openai/);
  assert.ok(!said.includes(secret), "the secret itself is not shown");
});

test("a provider's key in the environment is refused, naming the variable and the command", async () => {
  const said = await refusedStart({ environment: { OPENAI_API_KEY: "sk-proj-nobody" } });
  assert.match(said, /OPENAI_API_KEY/);
  assert.match(said, /sluice secrets set openai/);
  assert.ok(!said.includes("sk-proj-nobody"));
});

test("a port that is taken is named, with how to choose another", async (t: TestContext) => {
  const holder = createServer();
  t.after(() => holder.close());
  holder.listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  const said = await refusedStart({ command: ["up", "--port", String(port)] });
  assert.match(said, new RegExp(`${port}`));
  assert.match(said, /taken by another program/);
  assert.match(said, /ingress\.listen_port/);
});

test("a second process on a data directory is refused and names the first", async (t: TestContext) => {
  const system = await startSystem({ shape: "embedded" });
  t.after(() => system.stop());
  const second = await system.command(["up", "--port", "0"]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /in use by process \d+ \(simulator, .*ingress\), running since \d{4}-/);
  assert.match(second.stderr, /--data-dir/);
  const [, pid] = /by process (\d+)/.exec(second.stderr) ?? [];
  process.kill(Number(pid), 0);
  assert.equal((await fetch(`${system.url}/readyz`)).status, 200, "the first is not disturbed");
});

test("a part of the services cannot run on an embedded log", async () => {
  const said = await refusedStart({ command: ["serve", "ingress,router,validator"] });
  assert.match(said, /bus\.kind is embedded/);
  assert.match(said, /provider-adapter, ledger, identity, quality-monitor/);
});

test("unknown services, files and folders that cannot be used are named", async () => {
  assert.match(await refusedStart({ command: ["serve", "ledgre"] }), /"ledgre"; known are .*ledger/);
  assert.match(await refusedStart({ yaml: "ingress: [\n" }), /sluice\.yaml/);
  const blocked = join(temporaryDirectory("refused"), "file");
  writeFileSync(blocked, "");
  chmodSync(blocked, 0o600);
  assert.match(await refusedStart({ args: ["--data-dir", join(blocked, "data")] }), /data directory .* cannot be used/);
});
