import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Secret } from "@sluice/platform/config";
import { SluiceError } from "@sluice/platform/errors";
import { ownerOnlyDirectory, readOwnerOnly, writeOwnerOnly } from "./owner-only.ts";
import { openCredentials, sealCredentials } from "./sealed-file.ts";
import { parseSecret } from "./secret.ts";

const KEY_BYTES = 32;
const FILE_MAX_BYTES = 16_777_216;

/** A stored credential. */
export interface CredentialEntry {
  readonly secret: Secret;
  readonly storedAtMs: number;
}

/** The provider credentials of this installation: sealed on disk, redacting in memory. */
export interface CredentialStore {
  get(provider: string): CredentialEntry | undefined;
  /** Durable when it resolves. @throws invalid_request for a secret that cannot be one */
  put(provider: string, secret: string): Promise<CredentialEntry>;
  /** True if there was one. Durable when it resolves. */
  delete(provider: string): Promise<boolean>;
}

async function sealingKey(directory: string, sealedExists: boolean): Promise<Buffer> {
  const path = join(directory, "sealing.key");
  const known = await readOwnerOnly(path, 1_024);
  if (known !== undefined) {
    const key = Buffer.from(known.toString("utf8").trim(), "base64");
    if (key.length === KEY_BYTES) return key;
    throw new SluiceError("internal", `${path} is not a key of ${KEY_BYTES} bytes; restore it from a backup.`);
  }
  if (sealedExists) {
    throw new SluiceError(
      "internal",
      `${path} is missing, so the credentials beside it cannot be opened; restore it, or move credentials.sealed away and store them again.`,
    );
  }
  const fresh = randomBytes(KEY_BYTES);
  await writeOwnerOnly(path, `${fresh.toString("base64")}\n`);
  return fresh;
}

class SealedStore implements CredentialStore {
  readonly #path: string;
  readonly #key: Buffer;
  #entries: ReadonlyMap<string, CredentialEntry>;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(path: string, key: Buffer, entries: ReadonlyMap<string, CredentialEntry>) {
    this.#path = path;
    this.#key = key;
    this.#entries = entries;
  }

  get(provider: string): CredentialEntry | undefined {
    return this.#entries.get(provider);
  }

  async put(provider: string, text: string): Promise<CredentialEntry> {
    const entry = { secret: parseSecret(text), storedAtMs: Date.now() };
    await this.#change((entries) => entries.set(provider, entry));
    return entry;
  }

  async delete(provider: string): Promise<boolean> {
    let there = false;
    await this.#change((entries) => {
      there = entries.delete(provider);
    });
    return there;
  }

  /** Changes one after the other, memory only after the disk. */
  #change(apply: (entries: Map<string, CredentialEntry>) => unknown): Promise<void> {
    const change = this.#writing.then(async () => {
      const next = new Map(this.#entries);
      apply(next);
      const plain = [...next].map(
        ([name, entry]) => [name, { secret: entry.secret.reveal(), storedAtMs: entry.storedAtMs }] as const,
      );
      await writeOwnerOnly(this.#path, sealCredentials(this.#key, new Map(plain)));
      this.#entries = next;
    });
    this.#writing = change.catch(() => undefined);
    return change;
  }
}

/**
 * Opens the store in a folder of its own, making folder and key at the first start.
 * @throws forbidden when others could read it, internal when it was damaged
 */
export async function openCredentialStore(directory: string): Promise<CredentialStore> {
  await ownerOnlyDirectory(directory);
  const path = join(directory, "credentials.sealed");
  const sealed = await readOwnerOnly(path, FILE_MAX_BYTES);
  const key = await sealingKey(directory, sealed !== undefined);
  const opened = sealed === undefined ? new Map() : openCredentials(key, path, sealed.toString("utf8"));
  const entries = new Map<string, CredentialEntry>();
  for (const [provider, { secret, storedAtMs }] of opened)
    entries.set(provider, { secret: new Secret(secret), storedAtMs });
  return new SealedStore(path, key, entries);
}
