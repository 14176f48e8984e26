import type { Command } from "commander";
import { z } from "zod";
import { member, org } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import type { CommandEnvironment } from "./environment.ts";
import { moment, print, printable, printJson, printTable } from "./output.ts";

/** Adds `orgs`, `teams` and `users`: make and list each, and set what an organisation is set to. */
export function register(program: Command, environment: CommandEnvironment): void {
  registerOrgs(program, environment);
  registerMembers(program, environment, "team");
  registerMembers(program, environment, "user");
}

function registerOrgs(program: Command, environment: CommandEnvironment): void {
  const orgs = program.command("orgs").description("make, set and list organisations");
  orgs
    .command("create")
    .description("make an organisation")
    .argument("<name>")
    .action(async (name: string) => {
      const answer = await AdminDoor.find(environment.dataDirectory()).post("/orgs", z.object({ org }), { name });
      if (environment.json()) return printJson(environment, answer);
      print(environment, `${answer.org.id} (${printable(answer.org.name)}) is made.`);
    });
  orgs
    .command("set")
    .description("set the time zone in which an organisation's calendar budgets start anew")
    .argument("<org>", "organisation by name or id")
    .requiredOption("--time-zone <zone>", "IANA name, like Europe/Berlin, or UTC")
    .action(async (name: string, flags: { timeZone: string }) => {
      const path = `/orgs/${encodeURIComponent(name)}`;
      const body = { time_zone: flags.timeZone };
      const answer = await AdminDoor.find(environment.dataDirectory()).put(path, z.object({ org }), body);
      if (environment.json()) return printJson(environment, answer);
      print(environment, `${printable(answer.org.name)}: days, weeks and months begin in ${answer.org.time_zone}.`);
    });
  orgs
    .command("list")
    .description("list organisations")
    .action(async () => {
      const schema = z.object({ orgs: z.array(org) });
      const answer = await AdminDoor.find(environment.dataDirectory()).get("/orgs", schema);
      if (environment.json()) return printJson(environment, answer);
      printTable(environment, {
        columns: ["ID", "NAME", "CREATED", "TIME ZONE"].map((title) => ({ title })),
        rows: answer.orgs.map((row) => [
          row.id,
          row.name,
          moment(row.created_at_ms),
          row.time_zone === "" ? "UTC" : row.time_zone,
        ]),
        none: "There are no organisations.",
      });
    });
}

function registerMembers(program: Command, environment: CommandEnvironment, word: "team" | "user"): void {
  const members = program.command(`${word}s`).description(`make and list ${word}s`);
  members
    .command("create")
    .description(`make a ${word}`)
    .argument("<name>")
    .option("--org <org>", "organisation by name or id (default: the only one)")
    .action(async (name: string, flags: { org?: string }) => {
      const door = AdminDoor.find(environment.dataDirectory());
      const answer = await door.post(`/${word}s`, z.record(z.literal(word), member), { name, org: flags.org });
      if (environment.json()) return printJson(environment, answer);
      print(environment, `${answer[word].id} (${printable(answer[word].name)}) is made.`);
    });
  members
    .command("list")
    .description(`list ${word}s`)
    .action(async () => {
      const table = `${word}s` as const;
      const schema = z.record(z.literal(table), z.array(member));
      const answer = await AdminDoor.find(environment.dataDirectory()).get(`/${table}`, schema);
      if (environment.json()) return printJson(environment, answer);
      printTable(environment, {
        columns: [{ title: "ID" }, { title: "NAME" }, { title: "ORG" }],
        rows: answer[table].map((row) => [row.id, row.name, row.org_id]),
        none: `There are no ${table}.`,
      });
    });
}
