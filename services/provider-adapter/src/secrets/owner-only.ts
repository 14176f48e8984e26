import { constants } from "node:fs";
import { chmod, type FileHandle, mkdir, open, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { SluiceError } from "@sluice/platform/errors";

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
/** Bits that let anybody but the owner in. */
const OTHERS = 0o077;

function refuse(path: string, mode: number, remedy: string): never {
  const shown = (mode & 0o777).toString(8).padStart(3, "0");
  throw new SluiceError(
    "forbidden",
    `${path} can be opened by others (mode ${shown}); run \`chmod ${remedy} ${path}\`.`,
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** Makes a folder for its owner alone. @throws forbidden when an existing one lets others in */
export async function ownerOnlyDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
  const { mode } = await stat(path);
  if ((mode & OTHERS) !== 0) refuse(path, mode, "700");
}

async function checkOwnerOnly(path: string, handle: FileHandle): Promise<void> {
  const facts = await handle.stat();
  if (!facts.isFile())
    throw new SluiceError("forbidden", `${path} is not a regular file; move it away and start again.`);
  if ((facts.mode & OTHERS) !== 0) refuse(path, facts.mode, "600");
  const self = process.getuid?.();
  if (self !== undefined && facts.uid !== self) {
    throw new SluiceError(
      "forbidden",
      `${path} belongs to another user (uid ${facts.uid}); it must belong to uid ${self}.`,
    );
  }
}

/** Reads a file of its owner alone; undefined if there is none. @throws forbidden when others could have read it */
export async function readOwnerOnly(path: string, maxBytes: number): Promise<Buffer | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new SluiceError(
      "forbidden",
      `${path} cannot be opened: ${error instanceof Error ? error.message : "unknown"}.`,
      {
        cause: error,
      },
    );
  }
  try {
    await checkOwnerOnly(path, handle);
    const { size } = await handle.stat();
    if (size > maxBytes)
      throw new SluiceError("internal", `${path} has ${size} bytes; at most ${maxBytes} were expected.`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces a file in one step: after a crash the old or the new content is there, never a part. */
export async function writeOwnerOnly(path: string, content: string | Buffer): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  await unlink(temporary).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  const handle = await open(temporary, "wx", FILE_MODE);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(temporary, FILE_MODE);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}
