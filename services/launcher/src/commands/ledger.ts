import type { Command } from "commander";
import type { z } from "zod";
import { rerateAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import { formatUsd } from "./amounts.ts";
import type { CommandEnvironment } from "./environment.ts";
import { Progress } from "./export/progress.ts";
import { UsageError } from "./failure.ts";
import { print, printJson, printTable } from "./output.ts";
import { type PeriodFlags, parsePeriod } from "./period.ts";

type Answer = z.output<typeof rerateAnswer>;
type Row = Answer["rows"][number];

interface RerateFlags extends PeriodFlags {
  readonly org?: string;
  readonly model?: readonly string[];
  readonly post?: boolean;
}

/** A part of the period that is asked for at once: it takes seconds at most, and progress can be told. */
const PART_MS = 6 * 3_600_000;

/** Adds `ledger rerate`: what a period would cost by today's prices. */
export function register(program: Command, environment: CommandEnvironment): void {
  const ledger = program.command("ledger").description("work on the books");
  ledger
    .command("rerate")
    .description("compare what a period was charged with what it costs by the price files as they are now")
    .option("--from <moment>", "first moment, like 2026-11-01 or 2026-11-01T08:00:00Z")
    .option("--to <moment>", "first moment that is left out (default: now)")
    .option("--since <duration>", "the last while instead of --from, like 24h or 7d")
    .option("--model <provider/model...>", "only these models, as the price files name them")
    .option("--org <org>", "only this organisation")
    .option("--post", "post the differences as compensating entries")
    .action(async (flags: RerateFlags) => await rerate(environment, flags));
}

async function rerate(environment: CommandEnvironment, flags: RerateFlags): Promise<void> {
  const now = Date.now();
  const period = parsePeriod(flags, now);
  if (period.fromMs === undefined) throw new UsageError("say which period: --from or --since.");
  const answer = await inParts(environment, flags, { from: Number(period.fromMs), to: Number(period.toMs ?? now) });
  if (environment.json()) return printJson(environment, answer);
  printTable(environment, {
    columns: [
      { title: "CHARGED BY" },
      { title: "NOW BY" },
      { title: "ATTEMPTS", numbers: true },
      { title: "CHARGED", numbers: true },
      { title: "NOW", numbers: true },
      { title: "DIFFERENCE", numbers: true },
    ],
    rows: answer.rows.map((row) => [
      row.from_version,
      row.to_version,
      String(row.attempts),
      formatUsd(row.before_nanousd),
      formatUsd(row.after_nanousd),
      formatUsd(row.after_nanousd - row.before_nanousd),
    ]),
    none: "Every attempt is charged by the price that is valid for it.",
  });
  if (answer.left_out > 0n) {
    print(environment, `${answer.left_out} attempts stay as they are: their consumption or their price is not known.`);
  }
  const post = answer.rows.length > 0 ? "Nothing is posted: add --post to post the differences." : "";
  const done = flags.post === true ? `${answer.posted} compensating entries are posted.` : post;
  if (done !== "") print(environment, done);
}

async function inParts(
  environment: CommandEnvironment,
  flags: RerateFlags,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Answer> {
  const door = AdminDoor.find(environment.dataDirectory());
  const progress = new Progress(environment, { what: "hours", total: Math.ceil((to - from) / 3_600_000) });
  let sum: Answer = { rows: [], posted: 0n, left_out: 0n };
  for (let start = from; start < to; start += PART_MS) {
    const body = {
      ...(flags.org !== undefined && { org: flags.org }),
      from_ms: start,
      to_ms: Math.min(start + PART_MS, to),
      price_ids: flags.model ?? [],
      post: flags.post === true,
    };
    sum = plus(sum, await door.post("/rerate", rerateAnswer, body));
    progress.tell(Math.floor((start - from) / 3_600_000));
  }
  progress.end();
  return sum;
}

function plus(a: Answer, b: Answer): Answer {
  const rows = new Map<string, Row>();
  for (const row of [...a.rows, ...b.rows]) {
    const name = `${row.from_version} ${row.to_version}`;
    const before = rows.get(name);
    rows.set(
      name,
      before === undefined
        ? row
        : {
            ...row,
            attempts: before.attempts + row.attempts,
            before_nanousd: before.before_nanousd + row.before_nanousd,
            after_nanousd: before.after_nanousd + row.after_nanousd,
          },
    );
  }
  return { rows: [...rows.values()], posted: a.posted + b.posted, left_out: a.left_out + b.left_out };
}
