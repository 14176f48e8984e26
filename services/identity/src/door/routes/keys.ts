import { z } from "zod";
import { stateOf } from "../../keys/keys.ts";
import { keyMessage } from "../../messages.ts";
import type { KeyRow } from "../../store/schema.ts";
import { doorJson } from "../json.ts";
import type { DoorParts } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";
import { amount, reference } from "../words.ts";

const newKey = z.strictObject({
  org: reference.default(""),
  team: reference.default(""),
  user: reference.default(""),
  name: z.string().default(""),
  ttl_ms: z.int().min(0).default(0),
  budget_nanousd: amount.optional(),
  allowed_models: z.array(z.string()).default([]),
});

const filter = z.strictObject({
  org: reference.default(""),
  include_ended: z.enum(["true", "false"]).default("false"),
});

/** API keys: make, list, end. */
export function keyRoutes({ domain: { keys, sessions } }: DoorParts): readonly DoorRoute[] {
  return [
    route({
      method: "POST",
      path: "/keys",
      action: "key.create",
      body: newKey,
      async handle({ body, audit }) {
        const { key, secret } = await keys.create({
          ...body,
          ttlMs: BigInt(body.ttl_ms),
          budgetNanousd: body.budget_nanousd,
          allowedModels: body.allowed_models,
        });
        audit.target = key.id;
        audit.tenant = key.org_id;
        return { key: keyJson(key), secret };
      },
    }),
    route({
      method: "GET",
      path: "/keys",
      action: "key.list",
      query: filter,
      async handle({ query }) {
        const rows = await keys.list({ org: query.org, includeEnded: query.include_ended === "true" });
        return { keys: rows.map(keyJson) };
      },
    }),
    route({
      method: "DELETE",
      path: "/keys/:key",
      action: "key.revoke",
      async handle({ params, audit }) {
        const key = await keys.revoke(params["key"] ?? "");
        // The key opens nothing any more; its sessions' slices should not keep its budgets' room either.
        await sessions.closeOfRevokedKeys();
        audit.target = key.id;
        audit.tenant = key.org_id;
        return { key: keyJson(key) };
      },
    }),
  ];
}

function keyJson(row: KeyRow): unknown {
  const now = Date.now();
  return { ...(doorJson(keyMessage(row, now)) as object), state: stateOf(row, now) };
}
