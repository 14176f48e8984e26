import type { Place } from "../admission/in-flight-gate.ts";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";
import { checkJsonHeaders, parseJson } from "../http/parse-json.ts";
import { readBody } from "../http/read-body.ts";

/** Reads and parses the request's body within the door's limits. @throws what the two functions it joins throw */
export async function readJson(door: Door, exchange: Exchange, place: Place): Promise<unknown> {
  const { raw } = exchange.request;
  checkJsonHeaders(raw.headers);
  return parseJson(await readBody(raw, door.config.body_bytes_max, place.reserve), door.config.json_depth_max);
}
