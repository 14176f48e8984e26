/** What the bus says about itself; pino's logger fits. Never payloads. */
export interface BusLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const ignore = (): void => undefined;

/** Says nothing. */
export const SILENT_LOG: BusLog = { info: ignore, warn: ignore, error: ignore };
