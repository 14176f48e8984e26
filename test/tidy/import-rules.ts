import { posix } from "node:path";
import type { Found } from "./facts.ts";
import { factRule, isTest, type Rule, serviceOf } from "./rule.ts";

/** Packages that only one place may import: the rest goes through its port. */
const OWNED_PACKAGES: readonly { readonly name: string; readonly owner: RegExp }[] = [
  { name: "nats", owner: /^services\/platform\/src\/bus\/jetstream-[a-z-]+\.ts$/ },
  { name: "ioredis", owner: /^services\/platform\/src\/cache\// },
  { name: "pg", owner: /^services\/platform\/src\/sql\// },
  { name: "@grpc/grpc-js", owner: /^services\/platform\/src\/rpc\// },
];

/** Rules about who may import whom. */
export const IMPORT_RULES: readonly Rule[] = [
  factRule(
    "imports go one way: launcher, services, platform, proto",
    "Call the other service through its contract (context.client), or move what is shared to platform.",
    (facts, { path }) => facts.imports.filter((specifier) => !mayImport(path, specifier.text)),
  ),
  factRule(
    "a client library has one importer",
    "Use the port of platform (bus, cache, sql, rpc) instead of the library.",
    // Tests and examples stand outside the program, where there is no port.
    (facts, { path }) =>
      /^(test|deploy\/examples)\//.test(path) ? [] : facts.imports.filter((specifier) => isForeign(path, specifier)),
  ),
  factRule("relative imports name the file", "End it in .ts.", (facts) =>
    facts.imports.filter(({ text }) => text.startsWith(".") && !/\.(ts|js|mjs|json)$/.test(text)),
  ),
];

function mayImport(path: string, specifier: string): boolean {
  const target = targetOf(path, specifier);
  if (target === undefined) return true;
  const own = path.startsWith("proto/") ? "proto" : (serviceOf(path) ?? "test");
  if (target === own || own === "test") return true;
  if (target === "test") return isTest(path);
  if (own === "proto") return false;
  if (own === "platform") return target === "proto";
  if (own === "launcher") return true;
  return target === "proto" ? own !== "simulator" : target === "platform";
}

/** The part of our own code that a specifier points at; undefined for packages from elsewhere. */
function targetOf(path: string, specifier: string): string | undefined {
  const named = /^@sluice\/([^/]+)/.exec(specifier);
  if (named !== null) return named[1];
  if (!specifier.startsWith(".")) return undefined;
  const file = posix.join(posix.dirname(path), specifier);
  if (file.startsWith("proto/")) return "proto";
  return serviceOf(file) ?? "test";
}

function isForeign(path: string, { text }: Found): boolean {
  return OWNED_PACKAGES.some(
    ({ name, owner }) => (text === name || text.startsWith(`${name}/`)) && !owner.test(path) && !isTest(path),
  );
}
