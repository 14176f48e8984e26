import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { link, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../errors/index.ts";

/**
 * The token /metrics asks for, from `<directory>/metrics.token`; made there, readable by its owner alone, if absent.
 * Safe when two processes start at once: one file wins, both read it.
 * @throws forbidden when others may read the file
 */
export async function metricsToken(directory: string): Promise<string> {
  const file = join(directory, "metrics.token");
  const fresh = `${file}.${randomBytes(6).toString("hex")}`;
  await writeFile(fresh, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  try {
    await link(fresh, file);
  } catch (thrown) {
    if ((thrown as { readonly code?: unknown }).code !== "EEXIST") throw thrown;
  } finally {
    await unlink(fresh);
  }
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) {
    throw new SluiceError("forbidden", `${file} can be read by others; run \`chmod 600 ${file}\`.`);
  }
  return (await readFile(file, "utf8")).trim();
}

/**
 * True if an Authorization header carries the metrics token. Hashes are compared, so that neither content nor length of the token shows in
 * the time it takes.
 */
export function isMetricsToken(authorization: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => hash("sha256", text, "buffer");
  return timingSafeEqual(digest(authorization ?? ""), digest(`Bearer ${token}`));
}
