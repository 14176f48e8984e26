import { z } from "zod";
import { memberMessage, orgMessage } from "../../messages.ts";
import { doorJson } from "../json.ts";
import type { DoorParts } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";
import { reference } from "../words.ts";

const newOrg = z.strictObject({ name: z.string() });
const newMember = z.strictObject({ org: reference.default(""), name: z.string() });

/** Organisations, teams and users: make and list. */
export function directoryRoutes({ domain: { directory } }: DoorParts): readonly DoorRoute[] {
  const members = (table: "teams" | "users", word: "team" | "user"): DoorRoute[] => [
    route({
      method: "POST",
      path: `/${table}`,
      action: `${word}.create`,
      body: newMember,
      async handle({ body, audit }) {
        const row = await directory.createMember(table, body);
        audit.target = row.id;
        audit.tenant = row.org_id;
        return { [word]: doorJson(memberMessage(row)) };
      },
    }),
    route({
      method: "GET",
      path: `/${table}`,
      action: `${word}.list`,
      async handle() {
        const listed = await directory.list();
        return { [table]: doorJson(listed[table].map(memberMessage)) };
      },
    }),
  ];
  return [
    route({
      method: "POST",
      path: "/orgs",
      action: "org.create",
      body: newOrg,
      async handle({ body, audit }) {
        const row = await directory.createOrg(body.name);
        audit.target = row.id;
        audit.tenant = row.id;
        return { org: doorJson(orgMessage(row)) };
      },
    }),
    route({
      method: "GET",
      path: "/orgs",
      action: "org.list",
      async handle() {
        return { orgs: doorJson((await directory.list()).orgs.map(orgMessage)) };
      },
    }),
    ...members("teams", "team"),
    ...members("users", "user"),
  ];
}
