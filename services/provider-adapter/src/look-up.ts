import { getJson } from "./http/get-json.ts";
import type { CredentialOf } from "./plan.ts";
import type { FoundUsage, Provider } from "./provider.ts";

const TIMEOUT_MS = 10_000;
const BYTES_MAX = 1_048_576;

/** Asks providers what an attempt cost, where they can be asked; undefined where they cannot. */
export function makeLookUp(
  providers: ReadonlyMap<string, Provider>,
  credentialOf: CredentialOf,
): (provider: string, attemptId: string, timeoutMs?: number) => Promise<FoundUsage | undefined> {
  return async (name, attemptId, timeoutMs = TIMEOUT_MS) => {
    const provider = providers.get(name);
    const lookUp = provider?.usageLookUp;
    if (provider?.baseUrl === undefined || lookUp === undefined) return undefined;
    const answer = await getJson({
      url: `${provider.baseUrl}${lookUp.path(attemptId)}`,
      headers: provider.authorize(credentialOf(provider)),
      timeoutMs,
      bytesMax: BYTES_MAX,
    });
    return lookUp.read(answer);
  };
}
