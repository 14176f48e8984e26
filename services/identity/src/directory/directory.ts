import { SluiceError } from "@sluice/platform/errors";
import { newId } from "@sluice/platform/ids";
import type { DirectoryStore, MemberTable } from "../store/directory-store.ts";
import type { MemberRow, OrgRow } from "../store/schema.ts";
import { canName, checkName } from "./names.ts";

const WORDS = { teams: { word: "team", prefix: "team" }, users: { word: "user", prefix: "usr" } } as const;

/** Organisations, teams and users. Every reference is an id or a name. */
export class Directory {
  readonly #store: DirectoryStore;
  readonly #now: () => number;

  constructor(store: DirectoryStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /** @throws invalid_request for a bad name, conflict if the name is taken */
  async createOrg(name: string): Promise<OrgRow> {
    const row = this.#newOrg(checkName(name));
    if (await this.#store.addOrg(row)) return row;
    throw taken("organisation", row.name);
  }

  /** @throws invalid_request for a bad name, not_found for an unknown organisation, conflict if the name is taken */
  async createMember(table: MemberTable, member: { org: string; name: string }): Promise<MemberRow> {
    const name = checkName(member.name);
    const org = await this.org(member.org);
    const { word, prefix } = WORDS[table];
    const row: MemberRow = { id: newId(prefix), org_id: org.id, name, created_at_ms: BigInt(this.#now()) };
    if (await this.#store.addMember(table, row)) return row;
    throw taken(word, name);
  }

  /** Makes the first organisation if there is none yet; safe when several processes start at once. */
  async ensureOrg(name: string): Promise<void> {
    const row = this.#newOrg(checkName(name, "default_org"));
    if ((await this.#store.firstTwoOrgs()).length === 0) await this.#store.addOrg(row);
  }

  /**
   * The organisation by id or name; an empty reference means the only one.
   * @throws not_found if there is none such, invalid_request if empty and there are several
   */
  async org(reference: string): Promise<OrgRow> {
    if (reference !== "") {
      const found = canName(reference) ? await this.#store.findOrg(reference) : undefined;
      if (found !== undefined) return found;
      throw unknown("organisation", reference, "org");
    }
    const [only, another] = await this.#store.firstTwoOrgs();
    if (only === undefined) throw new SluiceError("not_found", "There is no organisation yet: create one first.");
    if (another === undefined) return only;
    throw new SluiceError("invalid_request", "There are several organisations: say which one.", {
      details: { param: "org" },
    });
  }

  /** The team or user of an organisation; an empty reference means none. @throws not_found */
  async member(table: MemberTable, orgId: string, reference: string): Promise<MemberRow | undefined> {
    if (reference === "") return undefined;
    const found = canName(reference) ? await this.#store.findMember(table, orgId, reference) : undefined;
    if (found !== undefined) return found;
    throw unknown(WORDS[table].word, reference, WORDS[table].word);
  }

  /** Notes the time zone of an organisation; the ledger knows it already. */
  async setTimeZone(orgId: string, timeZone: string): Promise<void> {
    await this.#store.setTimeZone(orgId, timeZone);
  }

  /** Everything, oldest first. */
  async list(): Promise<{ orgs: OrgRow[]; teams: MemberRow[]; users: MemberRow[] }> {
    const [orgs, teams, users] = await Promise.all([
      this.#store.orgs(),
      this.#store.members("teams"),
      this.#store.members("users"),
    ]);
    return { orgs, teams, users };
  }

  #newOrg(name: string): OrgRow {
    return { id: newId("org"), name, created_at_ms: BigInt(this.#now()), time_zone: "" };
  }
}

function taken(word: string, name: string): SluiceError {
  const article = word === "organisation" ? "an" : "a";
  return new SluiceError("conflict", `There is already ${article} ${word} named "${name}": choose another name.`, {
    details: { param: "name" },
  });
}

function unknown(word: string, reference: string, param: string): SluiceError {
  return new SluiceError("not_found", `There is no ${word} "${reference.slice(0, 80)}".`, { details: { param } });
}
