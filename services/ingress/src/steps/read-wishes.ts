import type { IncomingHttpHeaders } from "node:http";
import { SluiceError } from "@sluice/platform/errors";
import type { RouteOptions } from "@sluice/proto/router/v1/router_service";

const FAILOVER = "x-sluice-failover";
const VALIDATION = "x-sluice-validation";

/**
 * Reads the caller's wishes about routing from the request's headers; undefined if there are none. Headers, because every dialect and
 * every client library can set them.
 * @throws invalid_request naming the header and its values
 */
export function readWishes(headers: IncomingHttpHeaders): RouteOptions | undefined {
  if (headers[FAILOVER] === undefined && headers[VALIDATION] === undefined) return undefined;
  const failover = wordOf(headers, FAILOVER, ["off", "on"]);
  const level = wordOf(headers, VALIDATION, ["off", "observe", "guard", "strict"]);
  return { allowFailover: failover === undefined ? undefined : failover === "on", validationLevel: level ?? "" };
}

function wordOf(headers: IncomingHttpHeaders, name: string, words: readonly string[]): string | undefined {
  const given = headers[name];
  if (given === undefined) return undefined;
  const word = String(given).trim().toLowerCase();
  if (words.includes(word)) return word;
  const wanted = words.map((one) => `"${one}"`).join(", ");
  const got = JSON.stringify(String(given).slice(0, 40));
  throw new SluiceError("invalid_request", `The header ${name} must be one of ${wanted}; got ${got}.`, {
    details: { param: name },
  });
}
