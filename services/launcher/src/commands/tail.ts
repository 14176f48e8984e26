import { once } from "node:events";
import { SluiceError } from "@sluice/platform/errors";
import type { Command } from "commander";
import type { z } from "zod";
import { eventLine } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import type { CommandEnvironment } from "./environment.ts";
import { printable } from "./output.ts";

const FACTS_SHOWN = 8;
const FACT_CHARACTERS = 60;

interface TailFlags {
  readonly fromStart?: boolean;
  readonly type?: string;
  readonly follow: boolean;
}

/** Adds `tail`: prints events as they happen. */
export function register(program: Command, environment: CommandEnvironment): void {
  program
    .command("tail")
    .description("print the events of a stream as they happen")
    .argument("<stream>", "decisions, attempts, verdicts, ledger, quality, control, audit, payloads, dead or all")
    .option("--from-start", "begin with the first event that is kept")
    .option("--type <types>", "only these types, separated by commas, like attempt.metered")
    .option("--no-follow", "end after the events that exist now")
    .action(async (stream: string, flags: TailFlags) => await tail(environment, stream, flags));
}

async function tail(environment: CommandEnvironment, stream: string, flags: TailFlags): Promise<void> {
  const door = AdminDoor.find(environment.dataDirectory());
  const leaving = new AbortController();
  const output = environment.stdout;
  const failures: Error[] = [];
  const onFailure = (error: NodeJS.ErrnoException) => {
    // The reader has seen enough (`| head`): that is an ending, not a failure.
    if (error.code !== "EPIPE") failures.push(error);
    leaving.abort();
  };
  output.on("error", onFailure);
  const query = {
    stream,
    type: flags.type,
    from: flags.fromStart === true || !flags.follow ? "1" : "new",
    follow: String(flags.follow),
  };
  const asJson = environment.json() || !environment.isTerminal;
  try {
    for await (const line of door.lines("/events", query, leaving.signal)) {
      const text = asJson ? JSON.stringify(line) : readable(line);
      if (!output.write(`${text}\n`)) await drained(environment, leaving.signal);
      if (leaving.signal.aborted) break;
    }
  } finally {
    output.removeListener("error", onFailure);
  }
  const [failure] = failures;
  if (failure !== undefined) throw new SluiceError("internal", `Writing the events failed: ${failure.message}`);
}

async function drained(environment: CommandEnvironment, signal: AbortSignal): Promise<void> {
  await once(environment.stdout, "drain", { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

function readable(line: unknown): string {
  const parsed = eventLine.safeParse(line);
  return parsed.success ? lineOf(parsed.data) : JSON.stringify(line);
}

function lineOf(event: z.output<typeof eventLine>): string {
  const facts = Object.entries(event.payload)
    .filter(([, value]) => typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    .slice(0, FACTS_SHOWN)
    .map(([name, value]) => `${name}=${printable(String(value)).slice(0, FACT_CHARACTERS)}`);
  return `${new Date(event.stored_at).toISOString()}  ${event.type.padEnd(18)}  ${facts.join(" ")}`;
}
