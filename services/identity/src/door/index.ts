import { join } from "node:path";
import { type DoorAddress, openAddress, removeAddress, writeAddress } from "./address.ts";
import { privateDirectory } from "./files.ts";
import type { DoorParts } from "./parts.ts";
import { buildDoor } from "./server.ts";
import { doorToken, tokenCheck } from "./token.ts";

/** The open admin door. */
export interface Door {
  readonly address: DoorAddress;
  /** Takes nothing new, ends event streams and resolves when the other requests have their answers. */
  close(): Promise<void>;
  /** Cuts what is still open. */
  destroy(): void;
}

/**
 * Opens the admin door and leaves its address and token in the directory, for the command line of the same user.
 * @throws conflict if another gateway's door is there, forbidden if others could read or write its files
 */
export async function openDoor(parts: DoorParts, directory: string): Promise<Door> {
  await privateDirectory(directory);
  const token = await doorToken(join(directory, "admin.token"));
  const server = buildDoor(parts, tokenCheck(token));
  try {
    const address = await openAddress(server, parts.config, directory);
    await writeAddress(directory, address);
    return {
      address,
      async close() {
        await removeAddress(directory);
        await server.close();
      },
      destroy: () => server.server.closeAllConnections(),
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}
