import { SluiceError } from "@sluice/platform/errors";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";
import type { Caller } from "../keys/key-ring.ts";

const BEARER = /^bearer[ \t]+(\S+)[ \t]*$/i;
const KEY_HEADERS = ["x-api-key", "x-goog-api-key"] as const;
const KEY_IN_ADDRESS = "/v1beta/";

/**
 * Finds out who asks, from `Authorization: Bearer …`, or from where the clients of the other dialects put it: `x-api-key`,
 * `x-goog-api-key`, or `?key=` below `/v1beta/`.
 * @throws unauthenticated without a good key; unavailable while keys cannot be checked
 */
export async function authenticate(door: Door, exchange: Exchange): Promise<Caller> {
  const caller = await door.keys.resolve(keyIn(exchange));
  exchange.facts.tenantId = caller.tenantId;
  exchange.facts.keyId = caller.keyId;
  return caller;
}

/** Refuses a model that the key may not use. @throws forbidden naming the model */
export function permitModel(caller: Caller, model: string): void {
  if (caller.allows(model)) return;
  throw new SluiceError("forbidden", `This API key may not use the model "${model}".`, { details: { param: "model" } });
}

function keyIn({ request }: Exchange): string {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const match = BEARER.exec(authorization);
    if (match?.[1] !== undefined) return match[1];
    throw new SluiceError("unauthenticated", "The Authorization header must read `Bearer <API key>`.");
  }
  for (const name of KEY_HEADERS) {
    const key = request.headers[name];
    if (typeof key === "string" && key !== "") return key;
  }
  const key = keyInAddress(request);
  if (key !== undefined) return key;
  throw new SluiceError("unauthenticated", "No API key was sent; send it as `Authorization: Bearer <API key>`.");
}

/** Some clients of these paths send the key in the address; elsewhere a key there is not looked at, since addresses end up in logs. */
function keyInAddress({ routeOptions, query }: Exchange["request"]): string | undefined {
  if (routeOptions.url?.startsWith(KEY_IN_ADDRESS) !== true) return undefined;
  const { key } = query as { readonly key?: unknown };
  return typeof key === "string" && key !== "" ? key : undefined;
}
