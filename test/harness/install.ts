import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { DEBIAN_PACKAGES, installHint, missingServers, type ServerName } from "@sluice/launcher/servers";

/** Servers that are still missing, and why. */
export interface Missing {
  readonly servers: readonly ServerName[];
  readonly reason: string;
}

const APT = "/usr/bin/apt-get";
/** Asked by Debian's packages before they start their own daemon; 101 forbids it. */
const POLICY = "/usr/sbin/policy-rc.d";
const FORBID = "#!/bin/sh\nexit 101\n";

/**
 * Installs the servers that are missing, if this is root on a Debian; prints apt's output to stderr.
 * @returns undefined if all are there now
 */
export function ensureServers(): Missing | undefined {
  const missing = missingServers();
  if (missing.length === 0) return undefined;
  if (process.getuid?.() !== 0 || !existsSync(APT)) {
    return { servers: missing, reason: `Not root on Debian, so nothing was installed. ${installHint(missing)}` };
  }
  process.stderr.write(`Installing ${missing.map((name) => DEBIAN_PACKAGES[name]).join(", ")} for the tests.\n`);
  const problem = withoutDaemons(() => install(missing));
  const still = missingServers();
  if (still.length === 0) return undefined;
  return { servers: still, reason: `${problem ?? "The packages do not hold the servers."} ${installHint(still)}` };
}

function install(servers: readonly ServerName[]): string | undefined {
  const packages = servers.map((name) => DEBIAN_PACKAGES[name]);
  const update = apt("update");
  const problem = apt("install", "--no-install-recommends", "-y", ...packages);
  return problem ?? (missingServers().length > 0 ? update : undefined);
}

function apt(...words: readonly string[]): string | undefined {
  const args = ["-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3", ...words];
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const run = spawnSync(APT, args, { stdio: ["ignore", process.stderr.fd, process.stderr.fd], env: environment });
  return run.status === 0 ? undefined : `apt-get ${words.join(" ")} failed with code ${run.status}.`;
}

/** Keeps the packages from starting daemons on the default ports while they are installed. */
function withoutDaemons<Result>(action: () => Result): Result {
  const present = existsSync(POLICY) ? readFileSync(POLICY, "utf8") : undefined;
  if (present?.includes("exit 101") === true) return action();
  const kept = `${POLICY}.kept-by-sluice`;
  if (present !== undefined) renameSync(POLICY, kept);
  writeFileSync(POLICY, FORBID, { mode: 0o755 });
  try {
    return action();
  } finally {
    rmSync(POLICY, { force: true });
    if (present !== undefined) renameSync(kept, POLICY);
  }
}
