import { type JsonAnswer, postForm } from "../http/get-json.ts";
import type { Provider, Signer, SignerTools } from "../provider.ts";

const TIMEOUT_MS = 10_000;
const BYTES_MAX = 65_536;

/** Gives what signs a provider's requests; undefined where a header with the credential does. @throws invalid_request for a credential that cannot be one */
export type SignerOf = (provider: Provider, credential: string | undefined) => Signer | undefined;

/** What signers use in a running process. */
export const signerTools: SignerTools = {
  now: Date.now,
  postForm: async (url, form): Promise<JsonAnswer> =>
    await postForm({ url, form, headers: { "user-agent": "sluice" }, timeoutMs: TIMEOUT_MS, bytesMax: BYTES_MAX }),
};

/** Keeps one signer for each provider, with whatever it fetched, until another credential is stored. */
export function keepSigners(tools: SignerTools): SignerOf {
  const kept = new Map<string, { readonly credential: string; readonly signer: Signer }>();
  return (provider, credential) => {
    if (provider.openSigner === undefined || credential === undefined) return undefined;
    const known = kept.get(provider.name);
    if (known?.credential === credential) return known.signer;
    const signer = provider.openSigner(credential, tools);
    kept.set(provider.name, { credential, signer });
    return signer;
  };
}
