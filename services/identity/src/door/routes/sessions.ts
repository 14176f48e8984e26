import { SluiceError } from "@sluice/platform/errors";
import type { AccountBalance } from "@sluice/proto/ledger/v1/ledger_service";
import { z } from "zod";
import { accountNames } from "../../directory/accounts.ts";
import { sessionMessage } from "../../messages.ts";
import { sessionStateOf } from "../../sessions/state.ts";
import type { SessionRow } from "../../store/schema.ts";
import { balanceJson } from "../balance-json.ts";
import { doorJson } from "../json.ts";
import type { DoorParts } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";
import { amount, flagWord, reference, UNITS, unitWord, wordOf } from "../words.ts";

const newSession = z.strictObject({
  key: reference.min(1),
  name: z.string().default(""),
  ttl_ms: z.int().min(1),
  amounts: z.partialRecord(unitWord, amount).default({}),
});
const filter = z.strictObject({
  org: reference.default(""),
  key: reference.default(""),
  include_ended: flagWord.default(false),
});

/** Sessions of keys: open, list, close. */
export function sessionRoutes({ domain }: DoorParts): readonly DoorRoute[] {
  const { sessions } = domain;
  const told = async (rows: readonly SessionRow[]) => {
    const [balances, names] = await Promise.all([sessions.balances(rows), accountNames(domain)]);
    return rows.map((row) => sessionJson(row, balances, names));
  };
  return [
    route({
      method: "POST",
      path: "/sessions",
      action: "session.open",
      body: newSession,
      async handle({ body, audit }) {
        const amounts = unitWord.options.flatMap((unit) => {
          const value = body.amounts[unit];
          return value === undefined ? [] : [{ unit: UNITS[unit], value }];
        });
        const row = await sessions.open({ key: body.key, name: body.name, amounts, ttlMs: BigInt(body.ttl_ms) });
        audit.target = row.id;
        audit.tenant = row.org_id;
        return { session: sessionJson(row, [], await accountNames(domain)) };
      },
    }),
    route({
      method: "GET",
      path: "/sessions",
      action: "session.list",
      query: filter,
      async handle({ query }) {
        const { org, key, include_ended: includeEnded } = query;
        return { sessions: await told(await sessions.list({ org, key, includeEnded })) };
      },
    }),
    route({
      method: "DELETE",
      path: "/sessions/:session",
      action: "session.close",
      async handle({ params, audit }) {
        const { session, draining } = await sessions.close(params["session"] ?? "", "");
        audit.target = session.id;
        audit.tenant = session.org_id;
        return { session: sessionJson(session, [], await accountNames(domain)), draining };
      },
    }),
  ];
}

/** A slice is the session's budget, and its parents hold exactly that. @throws conflict */
export function refuseSlice(row: SessionRow): void {
  if (row.slice === "") return;
  throw new SluiceError(
    "conflict",
    `The budget of the session ${row.id} is the slice it was opened with: open another session instead.`,
  );
}

function sessionJson(row: SessionRow, balances: readonly AccountBalance[], names: ReadonlyMap<string, string>) {
  const now = Date.now();
  const { amounts, ...session } = sessionMessage(row, now);
  return {
    ...(doorJson(session) as object),
    key: names.get(row.key_id) ?? "",
    state: sessionStateOf(row, now),
    amounts: Object.fromEntries(amounts.map(({ unit, value }) => [wordOf(UNITS, unit), value.toString()])),
    balances: balances.filter(({ account }) => account?.id === row.id).map((balance) => balanceJson(balance, names)),
  };
}
