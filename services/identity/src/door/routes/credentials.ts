import {
  DeleteCredentialRequest,
  ListCredentialsRequest,
  PutCredentialRequest,
} from "@sluice/proto/provider/v1/provider_service";
import { z } from "zod";
import { doorJson } from "../json.ts";
import { type DoorParts, within } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";

const SECRET_CHARACTERS_MAX = 65_536;

const newCredential = z.strictObject({
  secret: z.string().min(1, "is empty").max(SECRET_CHARACTERS_MAX, `has more than ${SECRET_CHARACTERS_MAX} characters`),
});

/** Provider credentials: a secret goes in through the body and never comes out, neither in an answer nor in a log. */
export function credentialRoutes(parts: DoorParts): readonly DoorRoute[] {
  const { providers } = parts.clients;
  return [
    route({
      method: "GET",
      path: "/credentials",
      action: "credential.list",
      async handle({ signal }) {
        return doorJson(await providers.listCredentials(ListCredentialsRequest.create(), within(parts, signal)));
      },
    }),
    route({
      method: "PUT",
      path: "/credentials/:provider",
      action: "credential.put",
      body: newCredential,
      async handle({ params, body, signal, audit }) {
        const provider = params["provider"] ?? "";
        const request = PutCredentialRequest.create({ provider, secret: body.secret });
        const { hint } = await providers.putCredential(request, within(parts, signal));
        audit.target = provider;
        return { provider, hint };
      },
    }),
    route({
      method: "DELETE",
      path: "/credentials/:provider",
      action: "credential.delete",
      async handle({ params, signal, audit }) {
        const provider = params["provider"] ?? "";
        const request = DeleteCredentialRequest.create({ provider });
        const { deleted } = await providers.deleteCredential(request, within(parts, signal));
        audit.target = provider;
        return { provider, deleted };
      },
    }),
  ];
}
