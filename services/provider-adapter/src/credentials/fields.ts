import { SluiceError } from "@sluice/platform/errors";
import { z } from "zod";

/** The parts of a credential that is a JSON object. @throws invalid_request naming the field, never repeating its value */
export function readFields<T>(provider: string, text: string, fields: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal(`The credential of ${provider} is not valid JSON.`);
  }
  const read = fields.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.join(".") || "it";
  throw refusal(`The credential of ${provider} cannot be used: ${field} ${issue?.message ?? "is not valid"}.`);
}

function refusal(message: string): SluiceError {
  return new SluiceError("invalid_request", message, { details: { param: "secret" } });
}

const HINT_FROM = 12;

/** The end of a name that is no secret, such as a key's id. */
export function endOf(name: string): string {
  return name.length >= HINT_FROM ? name.slice(-4) : "";
}

/** A field that must be there. */
export const field = z.string("is missing").min(1, "is empty").max(8_192);

/** True for addresses at which a secret may be handed over. */
function isSafe(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || url.username !== "" || url.password !== "") return false;
  return (
    url.protocol === "https:" || (url.protocol === "http:" && /^(?:127\.0\.0\.1|\[::1\]|localhost)$/.test(url.hostname))
  );
}

/** The address of a token service. */
export const tokenAddress = z.string().max(2_048).refine(isSafe, "must be an https address without user and password");
