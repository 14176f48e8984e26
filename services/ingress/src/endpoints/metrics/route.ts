import { hash, timingSafeEqual } from "node:crypto";
import { SluiceError } from "@sluice/platform/errors";
import type { EndpointFactory } from "../endpoint.ts";

/** `GET /metrics`: Prometheus text, for whoever holds the metrics token. */
export const metricsText: EndpointFactory = (door) => ({
  method: "GET",
  path: "/metrics",
  quiet: true,
  handle: async ({ request, reply }) => {
    if (door.metricsToken !== undefined && !isBearer(request.headers.authorization, door.metricsToken)) {
      throw new SluiceError(
        "unauthenticated",
        "Metrics need `Authorization: Bearer <token>` with the token in the data directory's metrics.token.",
      );
    }
    const { contentType, body } = await door.metrics.render();
    reply.header("content-type", contentType).send(body);
  },
});

/** Compares hashes, so that neither content nor length of the token shows in the time it takes. */
function isBearer(authorization: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => hash("sha256", text, "buffer");
  return timingSafeEqual(digest(authorization ?? ""), digest(`Bearer ${token}`));
}
