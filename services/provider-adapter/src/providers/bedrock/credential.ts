import { SluiceError } from "@sluice/platform/errors";
import { z } from "zod";
import { type AwsKey, signAws } from "../../credentials/aws-signature.ts";
import { endOf, field, readFields } from "../../credentials/fields.ts";
import { staticKey } from "../../credentials/static-key.ts";
import type { OutboundRequest } from "../../http/types.ts";
import type { Signer, SignerTools } from "../../provider.ts";

const accessKey = z.strictObject({
  access_key_id: field.regex(/^\w+$/, "has characters that no access key's id has"),
  secret_access_key: field,
  session_token: field.optional(),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, "is no region's name")
    .optional(),
});

/** The region that an address of AWS's own names. */
function regionIn(origin: string): string | undefined {
  return /^https:\/\/bedrock[a-z-]*\.([a-z0-9-]+)\.(?:amazonaws\.com|api\.aws)/.exec(origin)?.[1];
}

function requireRegion(region: string | undefined): string {
  if (region !== undefined) return region;
  throw new SluiceError(
    "invalid_request",
    "A request to bedrock cannot be signed without a region: set provider_adapter.providers.bedrock.region.",
    { details: { provider: "bedrock" } },
  );
}

/** An API key of Bedrock, or an access key of AWS with which each request is signed. @throws invalid_request naming the field */
export function openCredential(region: string | undefined, text: string, tools: SignerTools): Signer {
  if (!text.startsWith("{")) return staticKey(text, { authorization: `Bearer ${text}` });
  const parts = readFields("bedrock", text, accessKey);
  const key: AwsKey = {
    accessKeyId: parts.access_key_id,
    secretAccessKey: parts.secret_access_key,
    sessionToken: parts.session_token,
  };
  const secrets = parts.session_token === undefined ? [] : [parts.session_token];
  return {
    secrets: [parts.secret_access_key, ...secrets],
    hint: endOf(parts.access_key_id),
    sign: (request: OutboundRequest) => {
      const where = requireRegion(regionIn(request.origin) ?? region ?? parts.region);
      return signAws(request, key, { region: where, service: "bedrock", nowMs: tools.now() });
    },
    // What is stored is all there is; a session that ended has to be stored anew.
    refused: () => undefined,
  };
}
