import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { loadConfig } from "@sluice/platform/config";
import { parse } from "yaml";
import { z } from "zod";
import { allSections } from "../services/launcher/src/process/settings.ts";
import { TARGETS } from "../services/launcher/src/targets.ts";
import { startNode, temporaryDirectory } from "./harness/index.ts";

const ROOT = resolve(import.meta.dirname, "..");
const DEPLOY = join(ROOT, "deploy");
const SERVICES = new Set(TARGETS.map((target) => target.name));

const composeFile = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      command: z.array(z.string()).optional(),
      healthcheck: z.object({ test: z.array(z.string()).min(2) }),
      secrets: z.array(z.string()).default([]),
      volumes: z.array(z.string()).default([]),
      depends_on: z.record(z.string(), z.object({ condition: z.literal("service_healthy") })).default({}),
    }),
  ),
  secrets: z.record(z.string(), z.object({ file: z.string() })).default({}),
  volumes: z.record(z.string(), z.null()).default({}),
});

type ComposeFile = z.output<typeof composeFile>;

function compose(name: string): ComposeFile {
  const text = readFileSync(join(DEPLOY, "compose", name), "utf8");
  return composeFile.parse(parse(text, { merge: true }));
}

/** Everything a file starts on our image, as command lines. */
function commandLines(file: ComposeFile): string[][] {
  return Object.values(file.services).flatMap(({ image, command }) => (image === "sluice" ? [command ?? []] : []));
}

for (const name of ["all-in-one.yml", "distributed.yml"]) {
  test(`${name} refers to secrets, volumes, services and files that are there`, () => {
    const file = compose(name);
    for (const service of Object.values(file.services)) {
      for (const secret of service.secrets) assert.ok(file.secrets[secret], `secret ${secret}`);
      for (const other of Object.keys(service.depends_on)) assert.ok(file.services[other], `service ${other}`);
      for (const volume of service.volumes) {
        const [source = ""] = volume.split(":");
        if (source.startsWith(".")) assert.ok(statSync(join(DEPLOY, "compose", source)).isFile());
        else assert.ok(source in file.volumes, `volume ${source}`);
      }
    }
  });
}

test("distributed.yml has one container for each service but the simulator", () => {
  const served = commandLines(compose("distributed.yml")).map(([command, name]) => {
    assert.equal(command, "serve");
    return name;
  });
  assert.deepEqual(new Set([...served, "simulator"]), SERVICES);
});

for (const file of readdirSync(join(DEPLOY, "compose/config"))) {
  test(`the configuration ${file} is accepted, and names known services`, () => {
    const loaded = loadConfig({ file: join(DEPLOY, "compose/config", file), sections: allSections(), environment: {} });
    const { addresses } = z.object({ addresses: z.record(z.string(), z.string()) }).parse(loaded.values["rpc"]);
    for (const name of Object.keys(addresses)) assert.ok(SERVICES.has(name), name);
  });
}

test("every sluice command that is named exists", async () => {
  const named = [...commandLines(compose("all-in-one.yml")), ...commandLines(compose("distributed.yml"))];
  const commands = new Set(named.map(([command]) => command ?? ""));
  const readme = readFileSync(join(DEPLOY, "README.md"), "utf8");
  for (const [, command] of readme.matchAll(/ sluice ([a-z]+) /g)) commands.add(command ?? "");
  assert.ok(commands.size >= 4);
  for (const command of commands) {
    const child = startNode(join(ROOT, "services/launcher/bin/sluice.js"), { args: [command, "--help"] });
    assert.equal((await child.exited).code, 0, `sluice ${command} --help: ${child.stderr()}`);
  }
});

test("the script makes every secret file, the passwords owner-only, and changes nothing the second time", () => {
  const directory = temporaryDirectory("secrets");
  cpSync(join(DEPLOY, "compose/make-secrets.sh"), join(directory, "make-secrets.sh"));
  // Giving files to another user takes root; what is checked here does not depend on it.
  const script = readFileSync(join(directory, "make-secrets.sh"), "utf8").replace("chown 10001:10001", "true");
  const run = (): string =>
    execFileSync("sh", ["-c", script, join(directory, "make-secrets.sh")], { encoding: "utf8", stdio: "pipe" });
  run();
  const wanted = Object.values(compose("distributed.yml").secrets).map(({ file }) => file.replace("./secrets/", ""));
  assert.deepEqual(globSync("*", { cwd: join(directory, "secrets") }).sort(), wanted.sort());
  assert.equal(statSync(join(directory, "secrets")).mode & 0o777, 0o700);
  for (const name of wanted.filter((candidate) => !candidate.endsWith("configuration"))) {
    assert.equal(statSync(join(directory, "secrets", name)).mode & 0o777, 0o600);
  }
  assert.throws(run, /nothing was changed/);
});
