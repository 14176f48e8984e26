import type { Command } from "commander";
import { register as registerBudgets } from "./budgets.ts";
import { register as registerConfig } from "./config.ts";
import { register as registerDirectory } from "./directory.ts";
import { register as registerDoctor } from "./doctor.ts";
import type { CommandEnvironment } from "./environment.ts";
import { register as registerExplain } from "./explain.ts";
import { register as registerExport } from "./export.ts";
import { register as registerKeys } from "./keys.ts";
import { register as registerLedger } from "./ledger.ts";
import { register as registerLimits } from "./limits.ts";
import { register as registerModels } from "./models.ts";
import { register as registerReconcile } from "./reconcile.ts";
import { register as registerSecrets } from "./secrets.ts";
import { register as registerSessions } from "./sessions.ts";
import { register as registerTail } from "./tail.ts";
import { register as registerUsage } from "./usage.ts";

/** Adds every command that speaks to the admin door of a running gateway. They throw what `reportFailure` explains. */
export function registerAdmin(program: Command, environment: CommandEnvironment): void {
  registerKeys(program, environment);
  registerSessions(program, environment);
  registerBudgets(program, environment);
  registerLimits(program, environment);
  registerConfig(program, environment);
  registerDirectory(program, environment);
  registerSecrets(program, environment);
  registerModels(program, environment);
  registerUsage(program, environment);
  registerExport(program, environment);
  registerLedger(program, environment);
  registerReconcile(program, environment);
  registerExplain(program, environment);
  registerTail(program, environment);
  registerDoctor(program, environment);
}
