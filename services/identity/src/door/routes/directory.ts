import { SetTimeZoneRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { z } from "zod";
import { zoneThing } from "../../declared/row.ts";
import { checkTimeZone } from "../../directory/time-zone.ts";
import { memberMessage, orgMessage } from "../../messages.ts";
import { doorJson } from "../json.ts";
import { type DoorParts, within } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";
import { reference } from "../words.ts";

const newOrg = z.strictObject({ name: z.string() });
const changedOrg = z.strictObject({ time_zone: reference });
const newMember = z.strictObject({ org: reference.default(""), name: z.string() });

/** Organisations, teams and users: make and list; what an organisation is set to. */
export function directoryRoutes(parts: DoorParts): readonly DoorRoute[] {
  const { directory } = parts.domain;
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
    zoneRoute(parts),
    ...members("teams", "team"),
    ...members("users", "user"),
  ];
}

/** The ledger hears of the zone first, because its windows are what the zone is for. */
function zoneRoute(parts: DoorParts): DoorRoute {
  const { directory, declarations } = parts.domain;
  return route({
    method: "PUT",
    path: "/orgs/:org",
    action: "org.set",
    body: changedOrg,
    async handle({ params, body, audit, signal }) {
      const org = await directory.org(params["org"] ?? "");
      audit.target = org.id;
      audit.tenant = org.id;
      const timeZone = checkTimeZone(body.time_zone);
      await declarations.refuseDeclared(zoneThing(org.id));
      const request = SetTimeZoneRequest.create({ tenantId: org.id, timeZone });
      await parts.clients.ledger.setTimeZone(request, within(parts, signal));
      await directory.setTimeZone(org.id, timeZone);
      return { org: doorJson(orgMessage(await directory.org(org.id))) };
    },
  });
}
