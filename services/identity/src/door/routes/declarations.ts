import { declarations } from "../../declared/schema.ts";
import { accountNames } from "../../directory/accounts.ts";
import type { DeclaredRow } from "../../store/schema.ts";
import type { DoorParts } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";

/** What the configuration declares: read it, and put another version in force without a restart. */
export function declarationRoutes({ domain }: DoorParts): readonly DoorRoute[] {
  return [
    route({
      method: "GET",
      path: "/declarations",
      action: "declaration.list",
      async handle() {
        const [rows, names] = await Promise.all([domain.declarations.list(), accountNames(domain)]);
        return { declarations: rows.map((row) => declaredJson(row, names)) };
      },
    }),
    route({
      method: "PUT",
      path: "/declarations",
      action: "declaration.apply",
      body: declarations,
      async handle({ body, audit }) {
        audit.target = "declarations";
        const changes = await domain.declarations.apply(body);
        const names = await accountNames(domain);
        return {
          changes: changes.map(({ change, row, before }) => ({
            change,
            ...declaredJson(row, names),
            before: before === undefined || before === "" ? null : before,
          })),
        };
      },
    }),
  ];
}

function declaredJson(row: DeclaredRow, names: ReadonlyMap<string, string>) {
  return {
    kind: row.kind,
    source: row.source,
    tenant_id: row.tenant,
    tenant: names.get(row.tenant) ?? "",
    account_kind: row.account_kind,
    account: row.account,
    name: names.get(row.account) ?? "",
    unit: row.unit,
    window: row.window,
    soft: row.soft === 1n,
    value: row.value,
  };
}
