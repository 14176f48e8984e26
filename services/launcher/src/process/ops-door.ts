import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SluiceError } from "@sluice/platform/errors";
import { isMetricsToken, type Metrics } from "@sluice/platform/metrics";

/** Enough for every prober; a flood of connections must not take memory from the services beside it. */
const CONNECTIONS_MAX = 64;
const REQUEST_MS = 5_000;
const HEADER_BYTES = 8_192;

export interface OpsDoorOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** What /metrics asks for. */
  readonly token: string;
  readonly metrics: Pick<Metrics, "render">;
  /** Reasons why the process is not ready, each beginning with its service's name; empty when it is. */
  notReady(): readonly string[];
}

/** The door through which a process is watched, whatever services run in it. */
export interface OpsDoor {
  /** Base URL. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Opens `/healthz` (the process answers), `/readyz` (200, or 503 with the reasons by service) and `/metrics`
 * (Prometheus text, for whoever holds the token).
 * @throws conflict when the port is taken, unavailable when the address cannot be used
 */
export async function openOpsDoor(options: OpsDoorOptions): Promise<OpsDoor> {
  const server = createServer(
    { headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS, maxHeaderSize: HEADER_BYTES },
    (request, response) => {
      answer(options, request, response).catch(() => response.destroy());
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  await listening(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(options: OpsDoorOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split("?", 1)[0];
  if (request.method !== "GET" && request.method !== "HEAD") {
    send(response, 405, { error: "only GET is possible here" });
  } else if (path === "/healthz") send(response, 200, { status: "alive" });
  else if (path === "/readyz") {
    const reasons = options.notReady();
    if (reasons.length === 0) send(response, 200, { status: "ready" });
    else send(response, 503, { status: "not ready", reasons });
  } else if (path === "/metrics") await sendMetrics(options, request, response);
  else send(response, 404, { error: "there are /healthz, /readyz and /metrics here" });
}

async function sendMetrics(options: OpsDoorOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isMetricsToken(request.headers.authorization, options.token)) {
    send(response, 401, { error: "needs `Authorization: Bearer <token>` with the data directory's metrics.token" });
    return;
  }
  const { contentType, body } = await options.metrics.render();
  response.writeHead(200, { "content-type": contentType, "content-length": Buffer.byteLength(body) }).end(body);
}

function send(response: ServerResponse, status: number, value: object): void {
  const body = JSON.stringify(value);
  const headers = { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(body) };
  // A body nobody reads must not keep the connection.
  response.writeHead(status, status < 400 || status === 503 ? headers : { ...headers, connection: "close" }).end(body);
}

function listening(server: Server, { host, port }: OpsDoorOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE";
      const what = taken ? `Port ${port} on ${host} is taken by another program` : `Cannot listen on ${host}:${port}`;
      const message = `${what}. Choose another ops.listen_port, or leave it out for no operations door.`;
      reject(new SluiceError(taken ? "conflict" : "unavailable", message, { cause }));
    });
    server.listen({ host, port, exclusive: true }, resolve);
  });
}
