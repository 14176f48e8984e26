import type { EndpointFactory } from "../endpoint.ts";

/** `GET /healthz`: the process answers. */
export const alive: EndpointFactory = () => ({
  method: "GET",
  path: "/healthz",
  quiet: true,
  handle: async ({ reply }) => {
    reply.send({ status: "alive" });
  },
});

/** `GET /readyz`: 200 when chats can be answered, else 503 with the names of the services that are missing. */
export const ready: EndpointFactory = (door) => ({
  method: "GET",
  path: "/readyz",
  quiet: true,
  handle: async ({ reply }) => {
    const answers = await Promise.all(door.readiness.map((check) => check.ready()));
    const missing = door.readiness.filter((_, index) => answers[index] === false).map((check) => check.service);
    if (door.gate.draining) missing.push("ingress");
    if (missing.length === 0) reply.send({ status: "ready" });
    else reply.code(503).header("retry-after", "1").send({ status: "not ready", missing });
  },
});
