import { findConfigFile, readEnvironment } from "@sluice/platform/config";
import { runCommandLine } from "./command-line.ts";

// Output into a pipe that was closed (`sluice tail | head`) is not a failure of the command.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const code = await runCommandLine({
  argv: process.argv,
  environment: readEnvironment(),
  findConfigFile,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
process.exit(code);
