import type { Provider, ProviderSettings } from "../../provider.ts";
import { wireProvider } from "../wire-provider.ts";
import { openCredential } from "./credential.ts";
import { mapError } from "./errors.ts";
import { models } from "./models.ts";
import { mapChat } from "./request.ts";
import { mapResponse } from "./response.ts";
import { openStream } from "./stream.ts";

/** Amazon Bedrock's Converse. It runs to the end and bills in full when a caller leaves, so the answer is read to its end. */
export function bedrock(settings: ProviderSettings): Provider {
  const region = settings.place?.region;
  return wireProvider(
    {
      name: "bedrock",
      baseUrl: region === undefined ? undefined : `https://bedrock-runtime.${region}.amazonaws.com`,
      models,
      environmentVariables: ["AWS_BEARER_TOKEN_BEDROCK"],
      placeKeys: ["region"],
      openSigner: (credential, tools) => openCredential(region, credential, tools),
      settings,
    },
    {
      abandon: "drain",
      framing: "aws",
      // Both kinds of credential go through the signer.
      authorize: () => ({}),
      mapChat,
      mapResponse,
      openStream,
      mapError: (failure) => mapError(failure, Date.now()),
    },
  );
}
