import { SluiceError } from "@sluice/platform/errors";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";
import type { Caller } from "../keys/key-ring.ts";
import type { KnownSession } from "../keys/session-ring.ts";

const HEADER = "x-sluice-session";

/**
 * Finds the session that the request belongs to, named by `x-sluice-session` beside the API key; undefined if it names none.
 * @throws forbidden if it is no open session of the caller's key; unavailable while nobody can tell
 */
export function findSession(
  door: Pick<Door, "sessions">,
  exchange: Exchange,
  caller: Caller,
): KnownSession | undefined | Promise<KnownSession> {
  const named = exchange.request.headers[HEADER];
  if (named === undefined) return undefined;
  if (typeof named === "string") return door.sessions.resolve(named.trim(), caller.keyId);
  throw new SluiceError("invalid_request", `The header ${HEADER} must stand only once.`, {
    details: { param: HEADER },
  });
}
