import { SluiceError } from "../errors/index.ts";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const CLOSED = new Set(["ENOENT", "EACCES", "EPERM", "EROFS", "ENOTDIR"]);

/** Turns failures of a file that have a remedy into a SluiceError that names it; others pass unchanged. */
export function fromFileError(error: unknown, file: string): unknown {
  if (error instanceof SluiceError) return error;
  const code = String((error as { readonly code?: unknown }).code ?? "");
  if (FULL.has(code)) {
    const text = `No room left for ${file}: the disk or the file's configured bound is full. Free disk space or raise the bound.`;
    return new SluiceError("overloaded", text, { cause: error });
  }
  if (CLOSED.has(code)) {
    const text = `${file} cannot be opened: check that its folder exists and is writable.`;
    return new SluiceError("unavailable", text, { cause: error });
  }
  if (code === "EIO") {
    return new SluiceError("overloaded", `Reading or writing ${file} failed: check the disk.`, { cause: error });
  }
  return error;
}
