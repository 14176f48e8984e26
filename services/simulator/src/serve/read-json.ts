import type { Exchange } from "../http/exchange.ts";
import { readBody } from "../http/read-body.ts";
import { type Body, isBody } from "../wires/values.ts";
import type { Failures, Refusal } from "./wire.ts";

/** A body's JSON, why there is none, or that the client left. */
export type ReadJson = { readonly json: Body } | Refusal | "aborted";

/** Reads the JSON object of a request. */
export async function readJson(exchange: Exchange, failures: Failures): Promise<ReadJson> {
  const { bodyBytesMax } = exchange.state;
  const bytes = await readBody(exchange.request, bodyBytesMax);
  if (bytes === "aborted") return "aborted";
  if (bytes === "too_large") return failures.tooLarge(bodyBytesMax);
  try {
    const json: unknown = JSON.parse(bytes.toString("utf8"));
    if (isBody(json)) return { json };
  } catch {
    return failures.unreadable("We could not parse the JSON body of your request.");
  }
  return failures.unreadable("Invalid body: expected a JSON object.");
}
