import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { readEnvironment } from "@sluice/platform/config";

/** Paths of the server programs this machine has; `postgres` stands for the folder's `initdb` too. */
export interface FoundServers {
  readonly nats?: string;
  readonly redis?: string;
  readonly postgres?: string;
}

export type ServerName = "nats" | "redis" | "postgres";

/** The Debian package of each server. */
export const DEBIAN_PACKAGES: Readonly<Record<ServerName, string>> = {
  nats: "nats-server",
  redis: "redis-server",
  postgres: "postgresql",
};

/** Folders that a service account's PATH often lacks. */
const USUAL_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/opt/homebrew/bin"];
const DEBIAN_POSTGRES = "/usr/lib/postgresql";

/** Looks for nats-server, redis-server and postgres in PATH and the usual folders. */
export function findServers(): FoundServers {
  const path = readEnvironment()["PATH"] ?? "";
  const folders = [...path.split(delimiter).filter((folder) => folder !== ""), ...USUAL_FOLDERS];
  const nats = firstProgram(folders, "nats-server");
  const redis = firstProgram(folders, "redis-server");
  const postgres = firstProgram([...debianPostgresFolders(), ...folders], "postgres", "initdb");
  return {
    ...(nats === undefined ? {} : { nats }),
    ...(redis === undefined ? {} : { redis }),
    ...(postgres === undefined ? {} : { postgres }),
  };
}

/** Names of the servers that `findServers` does not find. */
export function missingServers(found: FoundServers = findServers()): ServerName[] {
  return (["nats", "redis", "postgres"] as const).filter((name) => found[name] === undefined);
}

/** Says exactly what to install for the servers that are missing. */
export function installHint(missing: readonly ServerName[] = ["nats", "redis", "postgres"]): string {
  const packages = missing.map((name) => DEBIAN_PACKAGES[name]).join(" ");
  return `Install ${packages} (nats-server 2.9.10, Redis 7, PostgreSQL 15 or newer); on Debian: apt-get install ${packages}`;
}

function firstProgram(folders: readonly string[], program: string, beside?: string): string | undefined {
  const folder = folders.find(
    (candidate) =>
      isExecutable(join(candidate, program)) && (beside === undefined || isExecutable(join(candidate, beside))),
  );
  return folder === undefined ? undefined : join(folder, program);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Debian keeps each major version in its own folder, outside PATH; newest first. */
function debianPostgresFolders(): string[] {
  try {
    const versions = readdirSync(DEBIAN_POSTGRES).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(DEBIAN_POSTGRES, version, "bin"));
  } catch {
    return [];
  }
}
