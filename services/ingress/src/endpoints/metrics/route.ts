import { SluiceError } from "@sluice/platform/errors";
import { isMetricsToken } from "@sluice/platform/metrics";
import type { EndpointFactory } from "../endpoint.ts";

/** `GET /metrics`: Prometheus text, for whoever holds the metrics token. */
export const metricsText: EndpointFactory = (door) => ({
  method: "GET",
  path: "/metrics",
  quiet: true,
  handle: async ({ request, reply }) => {
    if (door.metricsToken !== undefined && !isMetricsToken(request.headers.authorization, door.metricsToken)) {
      throw new SluiceError(
        "unauthenticated",
        "Metrics need `Authorization: Bearer <token>` with the token in the data directory's metrics.token.",
      );
    }
    const { contentType, body } = await door.metrics.render();
    reply.header("content-type", contentType).send(body);
  },
});
