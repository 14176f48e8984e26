import { hkdfSync, randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "@sluice/platform/errors";

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
  let text: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new SluiceError("invalid_request", `${file} can be read by others; run \`chmod 600 ${file}\`.`);
    }
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError("invalid_request", `The installation secret ${file} cannot be read; set rpc.secret_file to it.`, {
      cause: error,
    });
  }
  if (text.length < 32) {
    throw new SluiceError("invalid_request", `${file} holds ${text.length} characters; an installation secret has at least 32.`);
  }
  return text;
}
