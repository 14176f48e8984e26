import type { Implementation } from "@sluice/platform/rpc";
import {
  type AdminServiceDefinition,
  CreateKeyResponse,
  CreateOrgResponse,
  CreateTeamResponse,
  CreateUserResponse,
  type IdentityServiceDefinition,
  ListDirectoryResponse,
  ListKeysResponse,
  ResolveKeyResponse,
  RevokeKeyResponse,
} from "@sluice/proto/identity/v1/identity_service";
import type { Directory } from "./directory/directory.ts";
import type { Keys } from "./keys/keys.ts";
import { keyMessage, memberMessage, orgMessage, resolvedMessage } from "./messages.ts";

/** What both contracts stand on. */
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

/** Manages organisations, teams, users and keys. */
export function adminService({ directory, keys }: Domain): Implementation<typeof AdminServiceDefinition> {
  return {
    async createOrg(request) {
      return CreateOrgResponse.create({ org: orgMessage(await directory.createOrg(request.name)) });
    },
    async createTeam(request) {
      return CreateTeamResponse.create({ team: memberMessage(await directory.createMember("teams", request)) });
    },
    async createUser(request) {
      return CreateUserResponse.create({ user: memberMessage(await directory.createMember("users", request)) });
    },
    async createKey(request) {
      const { key, secret } = await keys.create({ ...request, budgetNanousd: request.budgetNanousd });
      return CreateKeyResponse.create({ key: keyMessage(key, Date.now()), secret });
    },
    async revokeKey(request) {
      return RevokeKeyResponse.create({ key: keyMessage(await keys.revoke(request.key), Date.now()) });
    },
    async listKeys(request) {
      const rows = await keys.list(request);
      return ListKeysResponse.create({ keys: rows.map((row) => keyMessage(row, Date.now())) });
    },
    async listDirectory() {
      const { orgs, teams, users } = await directory.list();
      return ListDirectoryResponse.create({
        orgs: orgs.map(orgMessage),
        teams: teams.map(memberMessage),
        users: users.map(memberMessage),
      });
    },
  };
}
