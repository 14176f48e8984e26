import { SluiceError } from "@sluice/platform/errors";
import type { Session } from "@sluice/proto/identity/v1/identity_service";
import type { Door } from "../../door.ts";
import type { Exchange } from "../../exchange.ts";
import { authenticate } from "../../steps/authenticate.ts";
import { readJson } from "../../steps/read-json.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { readSessionWish } from "./request.ts";
import { toSessionBody } from "./response.ts";

const DEADLINE_MS = 15_000;

/** `POST /v1/sessions`: a session of the caller's key, with a slice of its budgets if the body names an amount. */
export const openSession: EndpointFactory = (door) => ({
  method: "POST",
  path: "/v1/sessions",
  handle: async (exchange) => {
    const caller = await authenticate(door, exchange);
    const place = door.gate.enter(caller.keyId, exchange.abort);
    try {
      const wish = readSessionWish(await readJson(door, exchange, place));
      // Not ended by a caller who leaves: nobody would know of the session it opened.
      const { session } = await door.identity.openSession({ keyId: caller.keyId, ...wish }, callOptions());
      exchange.reply.code(201).send(toSessionBody(known(session)));
    } finally {
      place.release();
    }
  },
});

/** `GET /v1/sessions/{id}`: what the session has spent and holds. */
export const showSession: EndpointFactory = (door) => ({
  method: "GET",
  path: "/v1/sessions/:id",
  handle: async (exchange) => {
    const { session, balances } = await door.identity.showSession(await named(door, exchange), callOptions());
    exchange.reply.send(toSessionBody(known(session), balances));
  },
});

/** `DELETE /v1/sessions/{id}`: ends the session; what it did not spend is free again. */
export const closeSession: EndpointFactory = (door) => ({
  method: "DELETE",
  path: "/v1/sessions/:id",
  handle: async (exchange) => {
    const which = await named(door, exchange);
    const { draining } = await door.identity.closeSession(which, callOptions());
    const { session, balances } = await door.identity.showSession(which, callOptions());
    exchange.reply.send({ ...toSessionBody(known(session), balances), draining });
  },
});

async function named(door: Door, exchange: Exchange): Promise<{ sessionId: string; keyId: string }> {
  const { keyId } = await authenticate(door, exchange);
  const { id } = exchange.request.params as Readonly<Record<string, string>>;
  return { sessionId: (id ?? "").slice(0, 64), keyId };
}

function callOptions() {
  return { deadlineMs: DEADLINE_MS };
}

function known(session: Session | undefined): Session {
  if (session !== undefined) return session;
  throw new SluiceError("internal", "The identity service answered without a session.");
}
