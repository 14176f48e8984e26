import { SluiceError } from "@sluice/platform/errors";
import type { Endpoint } from "../endpoints/endpoint.ts";
import type { Exchange } from "../exchange.ts";
import { sendError } from "./send-error.ts";

/** Answers a request no endpoint takes: 405 with `allow` if its path exists, else 404 naming the routes there are. */
export function refuseRoute(exchange: Exchange, endpoints: readonly Endpoint[]): void {
  const { method, url } = exchange.request;
  const path = url.split("?", 1)[0] ?? url;
  const allowed = endpoints.filter((endpoint) => matches(endpoint.path, path)).map((endpoint) => endpoint.method);
  const shown = JSON.stringify(path.slice(0, 200));
  if (allowed.length > 0) {
    const list = [...new Set(allowed)].join(", ");
    exchange.reply.header("allow", list);
    sendError(exchange, new SluiceError("method_not_allowed", `${method} is not possible on ${shown}; use ${list}.`));
    return;
  }
  const routes = endpoints
    .map((endpoint) => `${endpoint.method} ${endpoint.path.replace("*", "{name}").replace(":id", "{id}")}`)
    .join(", ");
  sendError(exchange, new SluiceError("not_found", `There is no route ${method} ${shown}. The routes are: ${routes}.`));
}

function matches(pattern: string, path: string): boolean {
  const [before = "", after] = pattern.split(":id");
  if (after !== undefined) {
    const fits = path.startsWith(before) && path.endsWith(after);
    return fits && /^[^/]+$/.test(path.slice(before.length, path.length - after.length));
  }
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}
