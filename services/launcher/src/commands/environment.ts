import type { Readable, Writable } from "node:stream";

/** What a command gets from the process it runs in. */
export interface CommandEnvironment {
  /** The data directory of the gateway to speak to: `--data-dir`, else the configuration's, else `.sluice`. */
  dataDirectory(): string;
  /** The directory of `--data-dir`, if it was given. */
  givenDataDirectory(): string | undefined;
  /** The file of `--config`, if it was given. */
  configFile(): string | undefined;
  /** True if `--json` was given. */
  json(): boolean;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** True if standard output is a terminal. */
  readonly isTerminal: boolean;
}
