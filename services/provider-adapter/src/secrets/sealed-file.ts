import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { SluiceError } from "@sluice/platform/errors";
import { z } from "zod";

const FORMAT = "sluice.credentials";
const VERSION = 1;
const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;

const box = z.strictObject({ nonce: z.string(), text: z.string(), tag: z.string() });
const sealedFile = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  data_key: box,
  credentials: z.record(z.string(), z.strictObject({ stored_at_ms: z.int().min(0), sealed: box })),
  seal: z.string(),
});

type Box = z.infer<typeof box>;
type SealedFile = z.infer<typeof sealedFile>;

/** A credential as it lies in the file, opened. */
export interface StoredCredential {
  readonly secret: string;
  readonly storedAtMs: number;
}

function sealBox(key: Buffer, plain: Buffer, context: string): Box {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(Buffer.from(context));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return {
    nonce: nonce.toString("base64"),
    text: text.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
  };
}

function openBox(key: Buffer, sealed: Box, context: string): Buffer {
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(sealed.nonce, "base64"), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(Buffer.from(sealed.tag, "base64"));
  return Buffer.concat([decipher.update(Buffer.from(sealed.text, "base64")), decipher.final()]);
}

const keyContext = `${FORMAT} v${VERSION} data key`;
const credentialContext = (provider: string, storedAtMs: number) =>
  `${FORMAT} v${VERSION} credential of ${provider} stored at ${storedAtMs}`;

/** A keyed digest over the whole list, so that a removed or swapped entry is noticed too. */
function sealOf(key: Buffer, credentials: SealedFile["credentials"]): Buffer {
  const names = Object.keys(credentials).sort();
  const canonical = names.map((name) => [name, credentials[name]?.stored_at_ms, credentials[name]?.sealed.tag]);
  return createHmac("sha256", key).update(JSON.stringify(canonical)).digest();
}

/** The file's text: each credential under a fresh data key, the data key under the sealing key. */
export function sealCredentials(sealingKey: Buffer, credentials: ReadonlyMap<string, StoredCredential>): string {
  const dataKey = randomBytes(KEY_BYTES);
  const sealed: SealedFile["credentials"] = {};
  for (const [provider, { secret, storedAtMs }] of credentials) {
    const context = credentialContext(provider, storedAtMs);
    sealed[provider] = { stored_at_ms: storedAtMs, sealed: sealBox(dataKey, Buffer.from(secret), context) };
  }
  const file: SealedFile = {
    format: FORMAT,
    version: VERSION,
    data_key: sealBox(sealingKey, dataKey, keyContext),
    credentials: sealed,
    seal: sealOf(dataKey, sealed).toString("base64"),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

function damaged(path: string, what: string, cause?: unknown): SluiceError {
  const remedy = `restore it from a backup, or move it away and store the credentials again with \`sluice secrets set <provider>\``;
  return new SluiceError("internal", `${path} ${what}; ${remedy}.`, { cause });
}

function parseFile(path: string, text: string): SealedFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, "is not readable", cause);
  }
  const parsed = sealedFile.safeParse(value);
  if (!parsed.success) throw damaged(path, "has an unknown format or version", parsed.error);
  return parsed.data;
}

/** Opens the file's text. @throws internal when it was damaged, changed, or sealed with another key: never silently empty */
export function openCredentials(sealingKey: Buffer, path: string, text: string): Map<string, StoredCredential> {
  const file = parseFile(path, text);
  const opened = new Map<string, StoredCredential>();
  try {
    const dataKey = openBox(sealingKey, file.data_key, keyContext);
    const seal = Buffer.from(file.seal, "base64");
    const expected = sealOf(dataKey, file.credentials);
    if (seal.length !== expected.length || !timingSafeEqual(seal, expected)) throw new Error("the list was changed");
    for (const [provider, { stored_at_ms: storedAtMs, sealed }] of Object.entries(file.credentials)) {
      const secret = openBox(dataKey, sealed, credentialContext(provider, storedAtMs)).toString("utf8");
      opened.set(provider, { secret, storedAtMs });
    }
  } catch (cause) {
    throw damaged(path, "was changed or damaged, or belongs to another sealing.key", cause);
  }
  return opened;
}
