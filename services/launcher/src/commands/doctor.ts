import { SluiceError } from "@sluice/platform/errors";
import type { Command } from "commander";
import { statusAnswer } from "../admin/answers.ts";
import { checkDoors } from "../admin/checks/doors.ts";
import { checkFiles } from "../admin/checks/files.ts";
import { type Finding, fail, ok } from "../admin/checks/finding.ts";
import { checkGateway } from "../admin/checks/gateway.ts";
import { checkLimit } from "../admin/checks/limits.ts";
import { checkClock, checkDisk } from "../admin/checks/machine.ts";
import { checkProcesses } from "../admin/checks/processes.ts";
import { AdminDoor } from "../admin/door.ts";
import type { CommandEnvironment } from "./environment.ts";
import { CommandFailed } from "./failure.ts";
import { print, printable, printJson } from "./output.ts";

/** Adds `doctor`: checks an installation and proves that a limit bites. */
export function register(program: Command, environment: CommandEnvironment): void {
  program
    .command("doctor")
    .description("check this installation, and prove that a budget refuses what it must; exits 1 if anything fails")
    .action(async () => await doctor(environment));
}

async function doctor(environment: CommandEnvironment): Promise<void> {
  const findings = await examine(environment);
  const failed = findings.filter((finding) => finding.level === "fail").length;
  if (environment.json()) printJson(environment, { healthy: failed === 0, findings });
  else report(environment, findings, failed);
  if (failed > 0) throw new CommandFailed();
}

async function examine(environment: CommandEnvironment): Promise<readonly Finding[]> {
  const directory = environment.dataDirectory();
  const machine = [...(await checkFiles(directory)), await checkConfig(environment)];
  if (!machine.some(({ check, level }) => check === "data directory" && level === "fail")) {
    machine.push(await checkDisk(directory));
  }
  try {
    const door = AdminDoor.find(directory);
    const status = await door.get("/status", statusAnswer);
    return [
      ...machine,
      checkClock(status.now_ms),
      ...checkGateway(status),
      ...(await checkDoors(status.addresses)),
      ...(await checkProcesses(directory)),
      await checkLimit(door),
    ];
  } catch (error) {
    return [...machine, checkClock(undefined), fail("admin door", SluiceError.from(error).message)];
  }
}

/** The loader refuses secrets, unknown keys and bad values; asking it is the check. */
async function checkConfig(environment: CommandEnvironment): Promise<Finding> {
  // Knowing every section means loading every service: only this command pays for that.
  const { loadSettings } = await import("../process/settings.ts");
  try {
    const { file } = loadSettings({ configFile: environment.configFile() });
    return ok("configuration", file === undefined ? "no file; defaults" : `${file} is right and holds no secret`);
  } catch (error) {
    return fail("configuration", SluiceError.from(error).message);
  }
}

function report(environment: CommandEnvironment, findings: readonly Finding[], failed: number): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, level, detail } of findings) {
    const [first = "", ...more] = detail.split("\n");
    print(environment, `${level.padEnd(4)}  ${check.padEnd(width)}  ${printable(first)}`);
    for (const line of more) print(environment, `${" ".repeat(width + 8)}${printable(line)}`);
  }
  const warned = findings.filter(({ level }) => level === "warn").length;
  print(environment, `${findings.length} checks: ${failed} failed, ${warned} with a warning.`);
}
