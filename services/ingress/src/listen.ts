import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import type { FastifyInstance } from "fastify";
import type { IngressConfig } from "./config.ts";

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * Starts to listen and returns the base URL a client on this machine can use.
 * @throws conflict when the port is taken, invalid_request when the address cannot be used; both name the remedy
 */
export async function listen(app: FastifyInstance, config: IngressConfig, log: Logger): Promise<string> {
  const { listen_host: host, listen_port: port } = config;
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw cannotListen(cause, host, port);
  }
  if (!LOOPBACK.has(host)) log.warn({ host, port }, "the door is open beyond this machine; put TLS in front of it");
  const bound = app.server.address();
  const actual = typeof bound === "object" && bound !== null ? bound.port : port;
  return `http://${reachable(host)}:${actual}`;
}

function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

function cannotListen(cause: unknown, host: string, port: number): SluiceError {
  const code = (cause as { readonly code?: unknown }).code;
  const remedy = "Choose another with SLUICE_INGRESS__LISTEN_PORT=… or ingress.listen_port in sluice.yaml.";
  if (code === "EADDRINUSE") {
    return new SluiceError("conflict", `Port ${port} on ${host} is taken by another program. ${remedy}`, { cause });
  }
  if (code === "EACCES") {
    return new SluiceError("forbidden", `Port ${port} on ${host} may not be used by this user. ${remedy}`, { cause });
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new SluiceError("invalid_request", `${host} is no address of this machine; set ingress.listen_host.`, {
      cause,
    });
  }
  return SluiceError.from(cause);
}
