import { hash, timingSafeEqual } from "node:crypto";

/** Makes the check of `Authorization: Bearer <key>`; hashes have equal lengths, so nothing about the key leaks by time. */
export function bearerCheck(apiKey: string): (header: string | undefined) => boolean {
  const expected = hash("sha256", `Bearer ${apiKey}`, "buffer");
  return (header) => header !== undefined && timingSafeEqual(hash("sha256", header, "buffer"), expected);
}
