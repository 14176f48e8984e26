import { chmod, lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { SluiceError } from "@sluice/platform/errors";
import type { FastifyInstance } from "fastify";
import type { IdentityConfig } from "../config.ts";
import { isAbsent, readIfThere, writePrivate } from "./files.ts";

/** The kernel's own limit is 108 bytes on Linux and 104 elsewhere. */
const SOCKET_PATH_BYTES_MAX = 100;

/** Where the door can be reached: what admin.json says, next to the process's id. */
export type DoorAddress = { readonly socket: string } | { readonly url: string };

/**
 * Opens the door where the configuration wants it: a unix socket only its owner can use, or 127.0.0.1.
 * @throws conflict if somebody else listens there
 */
export async function openAddress(
  server: FastifyInstance,
  config: IdentityConfig,
  directory: string,
): Promise<DoorAddress> {
  const path = join(directory, "admin.sock");
  if (config.admin_listen === "loopback" || Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    return { url: await server.listen({ host: "127.0.0.1", port: config.admin_port }) };
  }
  await removeStaleSocket(path);
  await server.listen({ path });
  await chmod(path, 0o600);
  return { socket: path };
}

/** Leaves the address where the command line looks for it. */
export async function writeAddress(directory: string, address: DoorAddress): Promise<void> {
  await writePrivate(join(directory, "admin.json"), `${JSON.stringify({ ...address, pid: process.pid })}\n`);
}

/** Takes the address away again, unless another process has left its own meanwhile. */
export async function removeAddress(directory: string): Promise<void> {
  const file = join(directory, "admin.json");
  const text = await readIfThere(file);
  if (text?.includes(`"pid":${process.pid}}`)) await rm(file, { force: true });
}

/** A socket nobody listens on is a dead process's; anything else in its place is left alone. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket()) throw new SluiceError("conflict", `${path} is in the way and no socket: move it elsewhere.`);
  if (await somebodyListens(path)) {
    throw new SluiceError("conflict", `Another gateway already listens on ${path}: stop it, or use another data_dir.`);
  }
  await rm(path, { force: true });
}

async function somebodyListens(path: string): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      else reject(error);
    });
  });
}
