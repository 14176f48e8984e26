import { SluiceError } from "@sluice/platform/errors";
import type { Implementation } from "@sluice/platform/rpc";
import {
  CloseSessionResponse,
  type IdentityServiceDefinition,
  OpenSessionResponse,
  ResolveKeyResponse,
  ResolveSessionResponse,
  ShowSessionResponse,
} from "@sluice/proto/identity/v1/identity_service";
import type { Declarations } from "./declared/declarations.ts";
import type { Directory } from "./directory/directory.ts";
import type { Keys } from "./keys/keys.ts";
import { resolvedMessage, sessionMessage } from "./messages.ts";
import type { Sessions } from "./sessions/sessions.ts";

/** What the contract and the admin door stand on. */
export interface Domain {
  readonly directory: Directory;
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly declarations: Declarations;
}

/** Answers the doors' questions: who is this, and what is their session? */
export function identityService(domain: Domain): Implementation<typeof IdentityServiceDefinition> {
  const { keys, sessions, declarations } = domain;
  return {
    async resolveKey(request) {
      // Nobody may spend before the limits stand that the configuration declares.
      if (declarations.waiting !== undefined) throw new SluiceError("unavailable", declarations.waiting);
      const key = await keys.resolve(request.keyHash);
      return ResolveKeyResponse.create(resolvedMessage(key, Date.now()));
    },
    async resolveSession({ sessionId }) {
      const row = await sessions.find(sessionId);
      return ResolveSessionResponse.create(row && { session: sessionMessage(row, Date.now()) });
    },
    async openSession({ keyId, name, amounts, ttlMs }) {
      const row = await sessions.open({ key: keyId, name, amounts, ttlMs });
      return OpenSessionResponse.create({ session: sessionMessage(row, Date.now()) });
    },
    async showSession({ sessionId, keyId }) {
      const row = await sessions.of(sessionId, keyId);
      const balances = [...(await sessions.balances([row]))];
      return ShowSessionResponse.create({ session: sessionMessage(row, Date.now()), balances });
    },
    async closeSession({ sessionId, keyId }) {
      const { session, draining } = await sessions.close(sessionId, keyId);
      return CloseSessionResponse.create({ session: sessionMessage(session, Date.now()), draining });
    },
  };
}
