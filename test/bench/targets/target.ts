/** Something that answers chat completions: what is measured. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly apiKey: string;
  /** Put before the simulator's model name. */
  readonly modelPrefix: string;
  /** Sent with each request besides the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Its processes by what they do. Empty for the upstream itself. */
  pids(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}
