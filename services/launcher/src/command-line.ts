import { readFileSync } from "node:fs";
import type { Environment } from "@sluice/platform/config";
import { Command } from "commander";
import { parse } from "yaml";
import type { CommandEnvironment } from "./commands/environment.ts";
import { reportFailure } from "./commands/failure.ts";
import { COMMANDS } from "./commands/registry.ts";

export interface CommandLineOptions {
  readonly argv: readonly string[];
  readonly environment: Environment;
  readonly findConfigFile: (named: string | undefined, environment: Environment) => string | undefined;
  readonly stdin: CommandEnvironment["stdin"];
  readonly stdout: CommandEnvironment["stdout"];
  readonly stderr: CommandEnvironment["stderr"];
}

interface GlobalFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

const DEFAULT_DATA_DIRECTORY = ".sluice";

/** Parses the command line and runs the command; says what went wrong and resolves with the exit code. */
export async function runCommandLine(options: CommandLineOptions): Promise<number> {
  let code = 0;
  const program = new Command("sluice")
    .description("An AI API gateway that holds, judges, bills and explains every request.")
    .option("--config <file>", "configuration file (default: SLUICE_CONFIG, else sluice.yaml here)")
    .option("--data-dir <dir>", "data directory (default: data_dir of the configuration, else .sluice)")
    .option("--json", "print JSON instead of tables")
    .showHelpAfterError("Run `sluice --help` for the commands.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => options.stdout.write(text),
      writeErr: (text) => options.stderr.write(text),
    });
  const environment = commandEnvironment(options, () => program.opts<GlobalFlags>());
  for (const register of COMMANDS) {
    register(program, environment, (result) => {
      code = result;
    });
  }
  shareGlobalOptions(program);
  try {
    await program.parseAsync([...options.argv]);
    return code;
  } catch (error) {
    return reportFailure(error, environment);
  }
}

/** Lets the global options stand behind the command as well, where people write them. */
function shareGlobalOptions(program: Command): void {
  const visit = (command: Command) => {
    command.exitOverride().configureOutput(program.configureOutput());
    if (command.commands.length === 0) addGlobals(command, program);
    for (const child of command.commands) visit(child);
  };
  for (const command of program.commands) visit(command);
}

function addGlobals(command: Command, program: Command): void {
  for (const option of program.options) {
    if (option.long === undefined || command.options.some(({ long }) => long === option.long)) continue;
    command.addOption(option);
    command.on(`option:${option.name()}`, (value: unknown) => {
      program.setOptionValue(option.attributeName(), value ?? true);
    });
  }
}

function commandEnvironment(options: CommandLineOptions, flags: () => GlobalFlags): CommandEnvironment {
  const configFile = () => flags().config;
  return {
    configFile,
    givenDataDirectory: () => flags().dataDir ?? options.environment["SLUICE_DATA_DIR"],
    dataDirectory: () =>
      flags().dataDir ??
      options.environment["SLUICE_DATA_DIR"] ??
      configuredDirectory(options.findConfigFile(configFile(), options.environment)) ??
      DEFAULT_DATA_DIRECTORY,
    json: () => flags().json ?? false,
    stdin: options.stdin,
    stdout: options.stdout,
    stderr: options.stderr,
    isTerminal: options.stdout.isTTY ?? false,
  };
}

/** The `data_dir` of the file alone: a command that asks a running gateway does not judge the rest of its configuration. */
function configuredDirectory(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const document: unknown = parse(readFileSync(file, "utf8"));
  if (typeof document !== "object" || document === null) return undefined;
  const directory = (document as Record<string, unknown>)["data_dir"];
  return typeof directory === "string" ? directory : undefined;
}
