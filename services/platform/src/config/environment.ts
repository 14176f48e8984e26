/** Environment variables as the process was given them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment; the only place in the project that does. */
export function readEnvironment(): Environment {
  return Object.freeze({ ...process.env });
}
