import { fileRule, matchingLines, type Rule, serviceOf } from "./rule.ts";
import type { Source } from "./sources.ts";

const FILE_BYTES = 1024 * 1024;
/** Libraries and programs have no configuration section of their own. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  platform: ["README.md", "package.json"],
  launcher: ["README.md", "package.json", "bin/sluice.js", "src/main.ts", "src/targets.ts", "src/wiring.ts"],
};
const REQUIRED_OF_SERVICES = ["README.md", "package.json", "src/index.ts", "src/config.ts"];
const REQUIRED_OF_PROVIDERS = ["index.ts", "models.ts"];
const REQUIRED_WITH_WIRE = ["wire.ts", "request.ts", "response.ts", "stream.ts", "usage.ts", "errors.ts"];
const PROVIDER_FILE = /^services\/provider-adapter\/src\/providers\/([^/]+)\/(.+)$/;

/** Spelled in parts, or this file would break the rules itself. */
const MACHINE_PATHS = new RegExp(`(?<![\\w.*-])/(${["work", "root", "home"].join("|")})/`);
const REGISTRY_HOSTS = ["registry.npmjs", "registry.yarnpkg", "deb.debian", "pypi", "proxy.golang"];
const REGISTRIES = new RegExp(`(${REGISTRY_HOSTS.join("|").replaceAll(".", "\\.")})\\.(org|com)`);
const START_COMMANDS = ["npm start", "npm run start:distributed"];

/** Rules about which files there are and what must not be in them. */
export const LAYOUT_RULES: readonly Rule[] = [
  {
    name: "each service has the same face",
    remedy: "Add the file (see an existing service).",
    check: (sources) =>
      groups(sources, serviceOf).flatMap(([name, paths]) =>
        absent(`services/${name}`, REQUIRED[name] ?? REQUIRED_OF_SERVICES, paths),
      ),
  },
  {
    name: "each provider folder has the same files",
    remedy: "Add the file, or use the base for look-alikes.",
    check: (sources) => groups(sources, providerOf).flatMap(([name, paths]) => providerProblems(name, paths)),
  },
  {
    name: "the README shows both ways to start",
    remedy: `Name ${START_COMMANDS.join(" and ")} in README.md.`,
    check: (sources) => {
      const text = sources.find(({ path }) => path === "README.md")?.text ?? "";
      return START_COMMANDS.filter((command) => !text.includes(command)).map((command) => `README.md: no "${command}"`);
    },
  },
  fileRule("no path of one machine", "Make it relative, or derive it from import.meta.dirname.", ({ text }) =>
    matchingLines(text, MACHINE_PATHS),
  ),
  fileRule("no package registry is named", "Leave the choice to the machine's own settings.", ({ text }) =>
    matchingLines(text, REGISTRIES),
  ),
  fileRule(
    "the lock file names no download address",
    "Set omit-lockfile-registry-resolved in .npmrc and install again.",
    ({ path, text }) => (path.endsWith("package-lock.json") ? matchingLines(text, /"resolved": "http[^"]*"/) : []),
  ),
  fileRule(
    "the lock file knows the packages of every platform",
    "Add the entry (version, os, cpu, optional): npm leaves out what its registry does not have, and then `npm ci` refuses the file.",
    ({ path, text }) => (path === "package-lock.json" ? unlockedPackages(text ?? "{}") : []),
  ),
  fileRule("no file is over 1 MB", "Make it smaller, or produce it when it is needed.", ({ bytes }) =>
    bytes > FILE_BYTES ? [`: ${bytes} bytes`] : [],
  ),
  fileRule(
    "a test says which servers it needs",
    "Add a first line such as `// needs: nats redis postgres`.",
    undeclaredServers,
  ),
  fileRule(
    "an end-to-end test says its shapes",
    "Add a first line `// shapes: embedded distributed`.",
    ({ path, text }) =>
      /^test\/e2e\/.*\.test\.ts$/.test(path) && !/^\/\/ (shapes|needs):/m.test(head(text)) ? [": no shapes"] : [],
  ),
];

interface LockFile {
  readonly packages?: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
}

function unlockedPackages(text: string): string[] {
  const { packages = {} }: LockFile = JSON.parse(text);
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  return wanted.filter((name) => !(`node_modules/${name}` in packages)).map((name) => `: no entry for ${name}`);
}

function undeclaredServers({ path, text, facts }: Source): string[] {
  if (!path.endsWith(".test.ts") || path.startsWith("test/e2e/") || facts === undefined) return [];
  const declared = /^\/\/ needs:(.*)$/m.exec(head(text))?.[1] ?? "";
  const started = new Set(
    facts.calls.map((call) => /^start(Nats|Redis|Postgres)$/.exec(call.text)?.[1]?.toLowerCase()),
  );
  return ["nats", "redis", "postgres"]
    .filter((name) => started.has(name) && !declared.includes(name))
    .map((name) => `: ${name}`);
}

function head(text: string | undefined): string {
  return (text ?? "").split("\n").slice(0, 5).join("\n");
}

function providerOf(path: string): string | undefined {
  return PROVIDER_FILE.exec(path)?.[1];
}

function providerProblems(name: string, paths: readonly string[]): string[] {
  const folder = `services/provider-adapter/src/providers/${name}`;
  const wants = paths.includes(`${folder}/wire.ts`)
    ? [...REQUIRED_OF_PROVIDERS, ...REQUIRED_WITH_WIRE]
    : REQUIRED_OF_PROVIDERS;
  const fixtures = paths.some((path) => path.startsWith(`${folder}/fixtures/`))
    ? []
    : [`${folder}/fixtures: is empty or missing`];
  return [...absent(folder, wants, paths), ...fixtures];
}

function absent(folder: string, names: readonly string[], paths: readonly string[]): string[] {
  return names.filter((name) => !paths.includes(`${folder}/${name}`)).map((name) => `${folder}/${name}: is missing`);
}

function groups(sources: readonly Source[], key: (path: string) => string | undefined): [string, string[]][] {
  const result = new Map<string, string[]>();
  for (const { path } of sources) {
    const name = key(path);
    if (name !== undefined) result.set(name, [...(result.get(name) ?? []), path]);
  }
  return [...result];
}
