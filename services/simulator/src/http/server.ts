import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { OPENAI_ROUTES } from "../wires/openai/routes.ts";
import { sendError } from "../wires/openai/send.ts";
import { BILL_ROUTES } from "./bill-routes.ts";
import type { Exchange, Route, ServerState } from "./exchange.ts";

const ROUTES: ReadonlyMap<string, Route> = new Map(
  [...OPENAI_ROUTES, ...BILL_ROUTES].map((route) => [`${route.method} ${route.path}`, route]),
);
const PATHS = new Set([...ROUTES.values()].map((route) => route.path));

const CONNECTIONS_MAX = 10_000;
/** Longer than the usual client pools keep idle connections, so that the client is the one who closes. */
const KEEP_ALIVE_MS = 65_000;

/** Makes the simulator's HTTP server; it is not listening yet. */
export function createSimulatorServer(state: ServerState): Server {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
    void dispatch(state, request, response);
  });
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

async function dispatch(state: ServerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? "" : url.slice(mark));
  const exchange: Exchange = { state, request, response, path, query };
  try {
    const route = ROUTES.get(`${request.method} ${path}`);
    if (route === undefined) refuseRoute(exchange);
    else await route.handle(exchange);
  } catch {
    // Nothing of the failure is shown: it may quote the request.
    if (response.headersSent) response.destroy();
    else
      sendError(exchange, {
        status: 500,
        type: "server_error",
        message: "The simulator failed to answer this request.",
      });
  }
}

function refuseRoute(exchange: Exchange): void {
  const { method = "GET" } = exchange.request;
  const known = PATHS.has(exchange.path);
  const message = known
    ? `Not allowed to ${method} on ${exchange.path} (HINT: Perhaps you meant to use a different HTTP method?)`
    : `Invalid URL (${method} ${exchange.path})`;
  sendError(exchange, { status: known ? 405 : 404, type: "invalid_request_error", message });
}
