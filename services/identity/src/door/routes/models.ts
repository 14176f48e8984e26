import { ListCatalogRequest } from "@sluice/proto/provider/v1/provider_service";
import { ListModelsRequest } from "@sluice/proto/router/v1/router_service";
import { z } from "zod";
import { doorJson } from "../json.ts";
import { type DoorParts, within } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";
import { reference } from "../words.ts";

const filter = z.strictObject({ org: reference.default("") });

/** What can be called: the adapter's catalogue, and the names a caller can use. */
export function modelRoutes(parts: DoorParts): readonly DoorRoute[] {
  const { providers, router } = parts.clients;
  return [
    route({
      method: "GET",
      path: "/catalog",
      action: "catalog.read",
      async handle({ signal }) {
        return doorJson(await providers.listCatalog(ListCatalogRequest.create(), within(parts, signal)));
      },
    }),
    route({
      method: "GET",
      path: "/models",
      action: "model.list",
      query: filter,
      async handle({ query, signal }) {
        const tenantId = query.org === "" ? "" : (await parts.domain.directory.org(query.org)).id;
        return doorJson(await router.listModels(ListModelsRequest.create({ tenantId }), within(parts, signal)));
      },
    }),
  ];
}
