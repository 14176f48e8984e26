import type { Implementation } from "@sluice/platform/rpc";
import { type IdentityServiceDefinition, ResolveKeyResponse } from "@sluice/proto/identity/v1/identity_service";
import type { Directory } from "./directory/directory.ts";
import type { Keys } from "./keys/keys.ts";
import { resolvedMessage } from "./messages.ts";

/** What the contract and the admin door stand on. */
export interface Domain {
  readonly directory: Directory;
  readonly keys: Keys;
}

/** Answers the doors' question: who is this? */
export function identityService(domain: Domain): Implementation<typeof IdentityServiceDefinition> {
  return {
    async resolveKey(request) {
      const key = await domain.keys.resolve(request.keyHash);
      return ResolveKeyResponse.create(resolvedMessage(key, Date.now()));
    },
  };
}
