import { SluiceError } from "@sluice/platform/errors";
import { CommanderError } from "commander";
import type { CommandEnvironment } from "./environment.ts";

/** The command was written wrongly: exit code 2, before anything is done. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command has said everything itself and only its exit code is left to give. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** Says what went wrong, once, on standard error, and returns the exit code: 2 for usage, 1 for everything else. */
export function reportFailure(thrown: unknown, environment: CommandEnvironment): number {
  // Commander has printed its own message, or the help that was asked for.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  if (thrown instanceof CommandFailed) return 1;
  if (thrown instanceof UsageError) {
    environment.stderr.write(`sluice: ${thrown.message}\n`);
    return 2;
  }
  environment.stderr.write(`sluice: ${SluiceError.from(thrown).message}\n`);
  return 1;
}
