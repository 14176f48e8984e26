import type { Command } from "commander";
import { reportAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import { formatUsd, parseDuration } from "./amounts.ts";
import type { CommandEnvironment } from "./environment.ts";
import { print, printJson, printTable } from "./output.ts";

/** Adds `usage`: what was charged, per model. */
export function register(program: Command, environment: CommandEnvironment): void {
  program
    .command("usage")
    .description("show what was charged, per model")
    .option("--org <org>", "only this organisation")
    .option("--since <duration>", "only the last while, like 24h or 7d (default: everything)")
    .action(async (flags: { org?: string; since?: string }) => await usage(environment, flags));
}

async function usage(environment: CommandEnvironment, flags: { org?: string; since?: string }): Promise<void> {
  const from = flags.since === undefined ? undefined : String(Date.now() - parseDuration(flags.since));
  const query = { org: flags.org, from_ms: from };
  const answer = await AdminDoor.find(environment.dataDirectory()).get("/report", reportAnswer, query);
  const total = answer.rows.reduce((sum, row) => sum + row.cost_nanousd, 0n);
  if (environment.json()) return printJson(environment, { ...answer, total_nanousd: total });
  printTable(environment, {
    columns: [
      { title: "PROVIDER" },
      { title: "MODEL" },
      { title: "ATTEMPTS", numbers: true },
      { title: "INPUT", numbers: true },
      { title: "OUTPUT", numbers: true },
      { title: "ESTIMATED", numbers: true },
      { title: "USD", numbers: true },
    ],
    rows: answer.rows.map((row) => [
      row.provider,
      row.model,
      String(row.attempts),
      String(row.input_tokens),
      String(row.output_tokens),
      String(row.estimated),
      formatUsd(row.cost_nanousd),
    ]),
    none: "Nothing was charged.",
  });
  if (answer.rows.length > 0) print(environment, `Total: ${formatUsd(total)} USD.`);
}
