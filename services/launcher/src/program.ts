import { findConfigFile, readEnvironment } from "@sluice/platform/config";
import { errorText } from "@sluice/platform/log";
import { runCommandLine } from "./command-line.ts";

// Whatever this program, its database engine and the servers it starts create is for its owner alone.
process.umask(0o077);

// Node prints a fatal error with all its properties, and those of a network or database library may hold a secret or a prompt.
process.on("uncaughtException", (error) => {
  process.stderr.write(`sluice: unexpected failure: ${errorText(error)}\n`);
  process.exit(1);
});

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
