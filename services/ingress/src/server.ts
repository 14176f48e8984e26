import type { IncomingMessage, Server, ServerResponse } from "node:http";
import cors from "@fastify/cors";
import { newId } from "@sluice/platform/ids";
import { HTTP, NO_SPAN, startSpan, type Trace } from "@sluice/platform/trace";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { IngressConfig } from "./config.ts";
import type { Door } from "./door.ts";
import type { Endpoint } from "./endpoints/endpoint.ts";
import { ENDPOINTS } from "./endpoints/registry.ts";
import { shapeOfClient } from "./endpoints/shape-of-client.ts";
import { refuseClient } from "./errors/client-error.ts";
import type { ErrorShape } from "./errors/error-shape.ts";
import { fromFramework } from "./errors/from-framework.ts";
import { sendError } from "./errors/send-error.ts";
import { refuseRoute } from "./errors/unknown-route.ts";
import { type Exchange, openExchange } from "./exchange.ts";
import { closeExchange } from "./http/close-exchange.ts";

declare module "fastify" {
  interface FastifyRequest {
    exchange: Exchange | null;
  }
}

const LABEL = /^[\x21-\x7e]{1,128}$/;
const EXPOSED_HEADERS = [
  "request-id",
  "retry-after",
  "retry-after-ms",
  "x-request-id",
  "x-should-retry",
  "x-ratelimit-limit-requests",
  "x-ratelimit-limit-tokens",
  "x-ratelimit-remaining-requests",
  "x-ratelimit-remaining-tokens",
  "x-ratelimit-reset-requests",
  "x-ratelimit-reset-tokens",
  "x-sluice-attempts",
  "x-sluice-budget-warning",
  "x-sluice-cost-usd",
  "x-sluice-model",
  "x-sluice-provider",
  "x-sluice-request-id",
  "x-sluice-simulated",
  "x-sluice-warnings",
];

/** Builds the HTTP server with every endpoint of the registry; it does not listen yet. */
export async function buildServer(door: Door): Promise<FastifyInstance> {
  const endpoints = ENDPOINTS.map((create) => create(door));
  const quiet = new Set(endpoints.filter((endpoint) => endpoint.quiet === true).map((endpoint) => endpoint.path));
  const shapes = new Map(endpoints.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint.errors]));
  const app = Fastify(serverOptions(door.config));

  app.decorateRequest("exchange", null);
  app.addHook("onRequest", (request, reply, done) => {
    admit(door, request, reply, { quiet, shapes });
    done();
  });
  if (door.config.cors_origins.length > 0) {
    const origin = door.config.cors_origins.includes("*") ? "*" : [...door.config.cors_origins];
    await app.register(cors, {
      origin,
      exposedHeaders: EXPOSED_HEADERS,
      methods: ["GET", "POST", "DELETE"],
      maxAge: 600,
    });
  }
  // The pipeline reads bodies itself, after it knows who asks.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  for (const endpoint of endpoints) addRoute(app, endpoint);
  app.setNotFoundHandler((request) => refuseRoute(exchangeOf(request), endpoints));
  app.setErrorHandler((thrown, request) => sendError(exchangeOf(request), fromFramework(thrown)));
  bound(app.server, door.config);
  return app;
}

function serverOptions(config: IngressConfig) {
  return {
    logger: false,
    genReqId: () => newId("req"),
    requestIdHeader: false,
    keepAliveTimeout: config.keep_alive_timeout_ms,
    requestTimeout: config.receive_timeout_ms,
    routerOptions: { maxParamLength: 1_024 },
    http: {
      headersTimeout: Math.min(config.headers_timeout_ms, config.receive_timeout_ms),
      maxHeaderSize: config.header_bytes_max,
      // Node looks for late clients only this often.
      connectionsCheckingInterval: Math.min(1_000, config.headers_timeout_ms),
    },
    clientErrorHandler: refuseClient,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      sendError(openExchange(request, reply, { errors: shapeOfClient(request) }), fromFramework(error));
    },
  } as const;
}

interface Routes {
  /** Paths that machines ask every few seconds. */
  readonly quiet: ReadonlySet<string>;
  /** How errors look, by method and path. */
  readonly shapes: ReadonlyMap<string, ErrorShape | undefined>;
}

/** The first step of every request: its id, its headers, and the record that is closed when the response is. */
function admit(door: Door, request: FastifyRequest, reply: FastifyReply, { quiet, shapes }: Routes): void {
  const errors = shapes.get(`${request.method} ${request.routeOptions.url ?? ""}`) ?? shapeOfClient(request);
  const exchange = openExchange(request, reply, { span: spanOf(request, quiet), errors });
  request.exchange = exchange;
  const label = request.headers["x-request-id"];
  reply.header("x-sluice-request-id", exchange.requestId);
  reply.header("x-request-id", typeof label === "string" && LABEL.test(label) ? label : exchange.requestId);
  if (door.gate.draining) reply.header("connection", "close");
  reply.raw.once("close", () => closeExchange(door, exchange, quiet.has(exchange.facts.route)));
}

/** Machines that ask every few seconds whether the process lives make no spans. */
function spanOf(request: FastifyRequest, quiet: ReadonlySet<string>): Trace {
  const { method, headers, routeOptions } = request;
  const route = routeOptions.url ?? "unknown";
  if (quiet.has(route)) return NO_SPAN;
  const { traceparent: parent } = headers;
  const attributes = { [HTTP.method]: method, [HTTP.route]: route };
  return startSpan(`${method} ${route}`, attributes, {
    kind: "server",
    parent: typeof parent === "string" ? parent : undefined,
  });
}

/** An endpoint answers from its first hook on: what the framework would do in between, with a body that it is not to read, is left out. */
function addRoute(app: FastifyInstance, endpoint: Endpoint): void {
  const serve = (request: FastifyRequest): void => {
    const exchange = exchangeOf(request);
    exchange.span.run(() => endpoint.handle(exchange)).catch((thrown: unknown) => sendError(exchange, thrown));
  };
  const onRequest = (request: FastifyRequest, _reply: FastifyReply, _next: () => void): void => serve(request);
  app.route({ method: endpoint.method, url: endpoint.path, onRequest, handler: serve });
}

function exchangeOf(request: FastifyRequest): Exchange {
  const { exchange } = request;
  if (exchange === null) throw new Error("A request reached its handler before the first hook.");
  return exchange;
}

function bound(server: Server, config: IngressConfig): void {
  server.maxConnections = config.connections_max;
  // A client that asks before it sends a large body is told at once, without the body.
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    if (Number(request.headers["content-length"] ?? 0) <= config.body_bytes_max) response.writeContinue();
    else response.setHeader("connection", "close");
    server.emit("request", request, response);
  });
}
