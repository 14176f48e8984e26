import { PassThrough, Readable } from "node:stream";
import { Command } from "commander";
import { registerAdmin } from "../admin.ts";
import { registerCost } from "../cost.ts";
import type { CommandEnvironment } from "../environment.ts";
import { reportFailure } from "../failure.ts";
import { registerImport } from "../import.ts";
import { registerPrices } from "../prices.ts";
import { registerTranslate } from "../translate.ts";

/** What a command said and how it ended. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly dataDirectory: string;
  /** Standard input: text for a pipe, or a stream of the test's own making. */
  readonly stdin?: string | CommandEnvironment["stdin"];
  /** Standard output of the test's own making; what is written to it is not collected. */
  readonly stdout?: CommandEnvironment["stdout"];
  readonly isTerminal?: boolean;
}

/** Runs one command line as the program would, with its streams caught. */
export async function runCommand(line: readonly string[], options: RunOptions): Promise<CommandResult> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const texts = Promise.all([textOf(stdout), textOf(stderr)]);
  const { stdin = "" } = options;
  const args = line.filter((word) => word !== "--json");
  const environment: CommandEnvironment = {
    dataDirectory: () => options.dataDirectory,
    givenDataDirectory: () => options.dataDirectory,
    configFile: () => undefined,
    json: () => args.length < line.length,
    stdin: typeof stdin === "string" ? Readable.from([stdin]) : stdin,
    stdout: options.stdout ?? stdout,
    stderr,
    isTerminal: options.isTerminal ?? true,
  };
  const program = new Command("sluice").exitOverride().configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
  });
  registerAdmin(program, environment);
  registerTranslate(program, environment);
  registerCost(program, environment);
  registerPrices(program, environment);
  registerImport(program, environment);
  let code = 0;
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    code = reportFailure(error, environment);
  }
  stdout.end();
  stderr.end();
  const [said, complained] = await texts;
  return { code, stdout: said, stderr: complained };
}

async function textOf(stream: PassThrough): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
