/** What every `start…` function of this folder takes. */
export interface ServerOptions {
  /** Folder for data, configuration, password and log; created owner-only. */
  readonly directory: string;
  /** Port on 127.0.0.1; a free one if left out. */
  readonly port?: number | undefined;
  /** Left out: read from the file `password` in the folder, or generated and kept there. */
  readonly password?: string | undefined;
}

/** How a run of a server ended. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A real server process, reachable with `user` and `password`. */
export interface RunningServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Process id of the present run. */
  readonly pid: number;
  /** Settles when the present run ends, for whatever reason. */
  readonly exited: Promise<ServerExit>;
  /** File the server writes its own log to. */
  readonly logFile: string;
  /** Ends it in order (data flushed); does nothing if it has ended. */
  stop(): Promise<void>;
  /** SIGKILL, then waits for the exit. */
  kill(): Promise<void>;
  /** Ends it if it still runs, then starts it on the same port with the same data. */
  restart(): Promise<void>;
}
