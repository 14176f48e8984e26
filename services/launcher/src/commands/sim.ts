import { createLogger } from "@sluice/platform/log";
import type { Command } from "commander";
import { parentToWatch } from "../process/parent.ts";
import { runUntilSignal } from "../process/run-until-signal.ts";
import type { CommandEnvironment } from "./environment.ts";

interface SimFlags {
  readonly port: string;
  readonly ttftMs: string;
  readonly tokensPerSecond: string;
  readonly billLog?: string;
  readonly exitWithParent?: string | boolean;
}

/** Adds `sim`: the simulator alone, as a provider stand-in for tests of any gateway. */
export function registerSim(program: Command, environment: CommandEnvironment, finish: (code: number) => void): void {
  program
    .command("sim")
    .description("run the simulator alone: a provider stand-in with real wire formats and scripted faults")
    .option("--port <port>", "port on 127.0.0.1; 0 takes a free one", "0")
    .option("--ttft-ms <ms>", "milliseconds to the first token", "20")
    .option("--tokens-per-second <n>", "pace of the answer; 0 is as fast as possible", "500")
    .option("--bill-log <file>", "append what each request would bill to this file, as JSON lines")
    .option("--exit-with-parent [pid]", "also end when the process that started this one is gone")
    .action(async (flags: SimFlags) => {
      const log = createLogger({ level: "info", service: "simulator" });
      const { startSimulator } = await import("@sluice/simulator");
      const simulator = await startSimulator({
        port: Number(flags.port),
        ttftMs: Number(flags.ttftMs),
        tokensPerSecond: Number(flags.tokensPerSecond),
        ...(flags.billLog === undefined ? {} : { billLogFile: flags.billLog }),
      });
      environment.stdout.write(
        `${JSON.stringify({ event: "ready", pid: process.pid, url: simulator.url, api_key: simulator.apiKey })}\n`,
      );
      finish(await runUntilSignal({ parent: parentToWatch(flags.exitWithParent), log, stop: () => simulator.close() }));
    });
}
