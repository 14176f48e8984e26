import type { ModelEntry } from "@sluice/proto/router/v1/router_service";
import type { Door } from "../../door.ts";
import type { Exchange } from "../../exchange.ts";
import { authenticate } from "../../steps/authenticate.ts";

const LIST_DEADLINE_MS = 5_000;

/** The models the caller's key may use. @throws what authentication and the router throw */
export async function permittedModels(door: Door, exchange: Exchange): Promise<ModelEntry[]> {
  const caller = await authenticate(door, exchange);
  const options = { deadlineMs: LIST_DEADLINE_MS, signal: exchange.abort.signal };
  const { models } = await door.router.listModels({ tenantId: caller.tenantId }, options);
  return models.filter((model) => caller.allows(model.name));
}
