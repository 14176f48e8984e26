/**
 * Loaded into a gateway by `--import`: the signal SIGUSR2 begins a CPU profile, the next one ends it and writes it to the file
 * `profile.json` in the folder named by BENCH_PROFILE_DIRECTORY. Only a window under load is measured, not the start.
 */
import { renameSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join } from "node:path";

const INTERVAL_US = 200;
const directory = process.env["BENCH_PROFILE_DIRECTORY"] ?? ".";
let session: Session | undefined;

async function toggle(): Promise<void> {
  if (session === undefined) {
    session = new Session();
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: INTERVAL_US });
    await session.post("Profiler.start");
    return;
  }
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  session = undefined;
  const file = join(directory, "profile.json");
  writeFileSync(`${file}.new`, JSON.stringify(profile));
  renameSync(`${file}.new`, file);
}

process.on("SIGUSR2", () => void toggle());
