import { hkdfSync, randomBytes } from "node:crypto";
import { linkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSecretFile } from "@sluice/platform/config";
import { SluiceError } from "@sluice/platform/errors";

const SHORTEST = 32;
const FILE_NAME = "installation.secret";

/** The secret every process of one installation shares; each gRPC door asks for it. */
export interface InstallationSecret {
  readonly file: string;
  /** What goes over gRPC. */
  readonly value: string;
  /** A 32-byte key for one purpose (HKDF-SHA256, RFC 5869). */
  derive(purpose: string): Buffer;
}

/**
 * Reads the installation secret, or makes one in the data directory at the first start.
 * @throws invalid_request if the file can be read by others, or is too short
 */
export function installationSecret(dataDirectory: string, configuredFile: string | undefined): InstallationSecret {
  const file = configuredFile ?? join(dataDirectory, FILE_NAME);
  if (configuredFile === undefined) createOnce(file);
  const value = readSecret(file);
  return {
    file,
    value,
    derive: (purpose) => Buffer.from(hkdfSync("sha256", value, "sluice", purpose, 32)),
  };
}

/** Linking a finished file is atomic: two processes that start at once end up with the same secret. */
function createOnce(file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
}

function readSecret(file: string): string {
  const text = readSecretFile(file, "rpc.secret_file").reveal();
  if (text.length < SHORTEST) {
    throw new SluiceError(
      "invalid_request",
      `${file} holds ${text.length} characters; an installation secret has at least ${SHORTEST}.`,
    );
  }
  return text;
}
