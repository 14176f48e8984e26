import { hash, timingSafeEqual } from "node:crypto";
import type { Exchange } from "./exchange.ts";

/** Makes the check of a key; hashes have equal lengths, so nothing about the key leaks by time. */
export function keyCheck(apiKey: string): (key: string | undefined) => boolean {
  const expected = hash("sha256", apiKey, "buffer");
  return (key) => key !== undefined && timingSafeEqual(hash("sha256", key, "buffer"), expected);
}

/** The key of `Authorization: Bearer <key>`. */
export function bearerKey({ request }: Exchange): string | undefined {
  const header = request.headers.authorization;
  return header?.startsWith("Bearer ") === true ? header.slice(7) : undefined;
}

/** The key of a header of its own. */
export function headerKey({ request }: Exchange, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}
