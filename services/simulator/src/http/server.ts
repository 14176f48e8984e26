import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Door } from "../serve/wire.ts";
import { anthropicDoor } from "../wires/anthropic/door.ts";
import { ANTHROPIC_ROUTES } from "../wires/anthropic/routes.ts";
import { geminiDoor } from "../wires/gemini/door.ts";
import { GEMINI_ROUTES } from "../wires/gemini/routes.ts";
import { openaiDoor } from "../wires/openai/door.ts";
import { OPENAI_ROUTES } from "../wires/openai/routes.ts";
import { BILL_ROUTES } from "./bill-routes.ts";
import type { Exchange, Route, ServerState } from "./exchange.ts";
import { sendRefusal } from "./send.ts";

const ALL: readonly Route[] = [...OPENAI_ROUTES, ...ANTHROPIC_ROUTES, ...GEMINI_ROUTES, ...BILL_ROUTES];
const EXACT = new Map(ALL.flatMap((route) => (typeof route.path === "string" ? [[key(route), route]] : [])));

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

function key(route: { readonly method: string; readonly path: string | RegExp }): string {
  return `${route.method} ${String(route.path)}`;
}

async function dispatch(state: ServerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? "" : url.slice(mark));
  const exchange: Exchange = { state, request, response, path, query };
  const { method = "GET" } = request;
  try {
    const route = EXACT.get(`${method} ${path}`) ?? ALL.find((one) => one.method === method && serves(one, path));
    if (route === undefined) refuseRoute(exchange, method);
    else await route.handle(exchange);
  } catch {
    // Nothing of the failure is shown: it may quote the request.
    const door = doorOf(exchange);
    if (response.headersSent) response.destroy();
    else sendRefusal(exchange, door, door.failures.crashed);
  }
}

function serves({ path }: Route, asked: string): boolean {
  return typeof path === "string" ? path === asked : path.test(asked);
}

/** Whose words a failure is told in when no handler was found. */
function doorOf({ path, request }: Exchange): Door {
  if (path.startsWith("/v1beta/") || request.headers["x-goog-api-key"] !== undefined) return geminiDoor;
  const anthropic = path.startsWith("/v1/messages") || request.headers["anthropic-version"] !== undefined;
  return anthropic ? anthropicDoor : openaiDoor;
}

function refuseRoute(exchange: Exchange, method: string): void {
  const door = doorOf(exchange);
  const known = ALL.some((route) => serves(route, exchange.path));
  sendRefusal(exchange, door, door.failures.unknownRoute(method, exchange.path, known));
}
