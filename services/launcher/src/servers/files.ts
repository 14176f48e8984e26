import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

/** Creates the folder with its parents; the folder itself is readable by its owner alone. */
export async function ownerOnlyDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
}

/** Writes a file that only its owner may read, whole or not at all. */
export async function writeOwnerOnly(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString("hex")}.new`;
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

/** The given password, else the one kept in `directory/password`, else a new one, kept there. */
export async function passwordOf(directory: string, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const file = join(directory, "password");
  const kept = await readIfThere(file);
  if (kept !== undefined) return kept.trim();
  const made = randomBytes(24).toString("base64url");
  await writeOwnerOnly(file, `${made}\n`);
  return made;
}

/** Text of a file, or undefined if there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** A string as a double-quoted value of a server's configuration file. */
export function quoted(value: string): string {
  if (/[\r\n\0]/.test(value)) throw new Error("A path or password for a server's configuration holds a line break.");
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
