import type { Command } from "commander";
import { registerAdmin } from "./admin.ts";
import { registerCost } from "./cost.ts";
import type { CommandEnvironment } from "./environment.ts";
import { registerImport } from "./import.ts";
import { registerPrices } from "./prices.ts";
import { registerRun } from "./run.ts";
import { registerSim } from "./sim.ts";
import { registerTranslate } from "./translate.ts";

/** Adds its commands to the program; `finish` sets the exit code. */
export type RegisterCommand = (
  program: Command,
  environment: CommandEnvironment,
  finish: (code: number) => void,
) => void;

/** Every command, in the order of the help. */
export const COMMANDS: readonly RegisterCommand[] = [
  registerRun,
  registerSim,
  registerTranslate,
  registerCost,
  registerPrices,
  registerImport,
  registerAdmin,
];
