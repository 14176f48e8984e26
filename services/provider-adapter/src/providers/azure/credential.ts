import { z } from "zod";
import { readToken } from "../../credentials/access-token.ts";
import { endOf, field, readFields, tokenAddress } from "../../credentials/fields.ts";
import { staticKey } from "../../credentials/static-key.ts";
import { tokenSigner } from "../../credentials/token-signer.ts";
import type { Signer, SignerTools } from "../../provider.ts";

const AUTHORITY = "https://login.microsoftonline.com";
const SCOPE = "https://cognitiveservices.azure.com/.default";

const application = z.strictObject({
  tenant_id: field.regex(/^[A-Za-z0-9.-]+$/, "is no tenant's id or domain"),
  client_id: field,
  client_secret: field,
  /** Another cloud's sign-in, such as https://login.microsoftonline.us. */
  authority: tokenAddress.default(AUTHORITY),
  scope: z.string().max(256).default(SCOPE),
});

/**
 * A key of the resource, or a registered application that gets tokens from Entra with its secret.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 * @throws invalid_request naming the field
 */
export function openCredential(text: string, tools: SignerTools): Signer {
  if (!text.startsWith("{")) return staticKey(text, { "api-key": text });
  const app = readFields("azure", text, application);
  const address = `${app.authority.replace(/\/+$/, "")}/${app.tenant_id}/oauth2/v2.0/token`;
  const form = {
    grant_type: "client_credentials",
    client_id: app.client_id,
    client_secret: app.client_secret,
    scope: app.scope,
  };
  return tokenSigner({
    secrets: [app.client_secret],
    hint: endOf(app.client_id),
    source: {
      now: () => tools.now(),
      fetch: async () => readToken(await tools.postForm(address, form), "azure", tools.now()),
    },
  });
}
