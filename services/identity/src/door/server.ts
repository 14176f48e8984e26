import { Readable } from "node:stream";
import { SluiceError } from "@sluice/platform/errors";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { newAudit, recordAudit, requireAuditable } from "./audit.ts";
import { doorError, errorBody } from "./errors.ts";
import type { DoorParts } from "./parts.ts";
import { ROUTES } from "./registry.ts";
import type { AuditFacts, DoorRoute } from "./route.ts";

declare module "fastify" {
  interface FastifyRequest {
    audit: AuditFacts;
  }
}

const REQUEST_TIMEOUT_MS = 30_000;

/** Builds the admin door: token first, then the table of routes; every request is audited before it is answered. */
export function buildDoor(parts: DoorParts, allowed: (authorization: string | undefined) => boolean): FastifyInstance {
  const server = Fastify({
    bodyLimit: parts.config.admin_body_bytes_max,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: "idle",
    return503OnClosing: true,
  });
  const closing = new AbortController();
  server.addHook("preClose", async () => closing.abort());
  server.decorateRequest("audit");
  server.addHook("onRequest", async (request) => {
    request.audit = newAudit();
    if (!allowed(request.headers.authorization)) {
      throw new SluiceError("unauthenticated", "The admin door asks for the token in admin.token.");
    }
    request.audit.actor = "admin-token";
  });
  server.addHook("onSend", async (request, _reply, payload) => {
    await audit(parts, request.audit ?? newAudit());
    return payload;
  });
  server.setErrorHandler((thrown, request, reply) => refuse(parts, request, reply, doorError(thrown)));
  server.setNotFoundHandler((request, reply) =>
    refuse(parts, request, reply, new SluiceError("not_found", "The admin door has no such address.")),
  );
  for (const line of ROUTES.flatMap((make) => make(parts))) addRoute(server, { parts, line, closing: closing.signal });
  return server;
}

function addRoute(
  server: FastifyInstance,
  { parts, line, closing }: { parts: DoorParts; line: DoorRoute; closing: AbortSignal },
): void {
  server.route({
    method: line.method,
    url: `/admin/v1${line.path}`,
    handler: async (request, reply) => {
      request.audit.action = line.action;
      if (line.method !== "GET") requireAuditable(parts.bus);
      const signal = leaving(reply);
      const answer = await line.run({
        params: request.params as Record<string, string>,
        body: request.body,
        query: request.query,
        signal,
        ending: AbortSignal.any([signal, closing]),
        audit: request.audit,
      });
      if (answer instanceof Readable) return reply.type("application/x-ndjson").send(answer);
      return reply.send(answer);
    },
  });
}

/** Aborts when the caller goes away before the answer is complete. */
function leaving(reply: FastifyReply): AbortSignal {
  const left = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) left.abort();
  });
  return left.signal;
}

function refuse(parts: DoorParts, request: FastifyRequest, reply: FastifyReply, error: SluiceError): FastifyReply {
  const audited = request.audit ?? newAudit();
  audited.outcome = error.code;
  const facts = { action: audited.action, error_code: error.code };
  if (error.row.log === "error") parts.log.error({ ...facts, err: error }, "admin request failed");
  else parts.log.info(facts, "admin request refused");
  return reply.status(error.row.http).send(errorBody(error));
}

/**
 * The change is made already: taking the answer away because the audit fails now would lose it, a new key's secret for
 * instance. A full outbox refuses changes beforehand, so this is the rare rest, and loud.
 */
async function audit(parts: DoorParts, facts: AuditFacts): Promise<void> {
  await recordAudit(parts.bus, facts, Date.now()).catch((error: unknown) => {
    const { action, target, outcome } = facts;
    parts.log.error({ action, target, outcome, err: SluiceError.from(error) }, "audit could not be recorded");
  });
}
