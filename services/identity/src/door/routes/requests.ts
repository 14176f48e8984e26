import { ExplainRequest } from "@sluice/proto/router/v1/router_service";
import { doorJson } from "../json.ts";
import type { DoorParts } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";

/** A story may be spread over long streams; the router ends its reading in time and says so. */
const STORY_MS = 25_000;

/** The story of one request. Whoever may speak to this door may see every organisation's. */
export function requestRoutes(parts: DoorParts): readonly DoorRoute[] {
  return [
    route({
      method: "GET",
      path: "/requests/:id",
      action: "request.explain",
      async handle({ params, signal }) {
        const request = ExplainRequest.create({ requestId: params["id"] ?? "" });
        return doorJson(await parts.clients.router.explain(request, { deadlineMs: STORY_MS, signal }));
      },
    }),
  ];
}
