import { SluiceError } from "@sluice/platform/errors";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";
import type { Caller } from "../keys/key-ring.ts";

const BEARER = /^bearer[ \t]+(\S+)[ \t]*$/i;

/**
 * Finds out who asks, from `Authorization: Bearer …` or `x-api-key`.
 * @throws unauthenticated without a good key; unavailable while keys cannot be checked
 */
export async function authenticate(door: Door, exchange: Exchange): Promise<Caller> {
  const caller = await door.keys.resolve(keyIn(exchange.request.headers));
  exchange.facts.tenantId = caller.tenantId;
  exchange.facts.keyId = caller.keyId;
  return caller;
}

/** Refuses a model that the key may not use. @throws forbidden naming the model */
export function permitModel(caller: Caller, model: string): void {
  if (caller.allows(model)) return;
  throw new SluiceError("forbidden", `This API key may not use the model "${model}".`, { details: { param: "model" } });
}

function keyIn(headers: Exchange["request"]["headers"]): string {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const match = BEARER.exec(authorization);
    if (match?.[1] !== undefined) return match[1];
    throw new SluiceError("unauthenticated", "The Authorization header must read `Bearer <API key>`.");
  }
  const key = headers["x-api-key"];
  if (typeof key === "string" && key !== "") return key;
  throw new SluiceError("unauthenticated", "No API key was sent; send it as `Authorization: Bearer <API key>`.");
}
