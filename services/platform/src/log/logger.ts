import { trace } from "@opentelemetry/api";
import { type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";
import type { LogFields } from "./fields.ts";
import { sanitize } from "./sanitize.ts";
import { standardError } from "./standard-error.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type Write = {
  (fields: LogFields, message: string): void;
  (message: string): void;
};

/** Writes one JSON line per fact. The message is a constant; what varies goes into fields. Never prompts or keys. */
export interface Logger {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
  /** For facts that cost something to collect. */
  enabled(level: Exclude<LogLevel, "silent">): boolean;
}

export interface LoggerOptions {
  readonly level?: LogLevel;
  readonly service: string;
  /** Default: standard error. */
  readonly destination?: { write(line: string): unknown };
}

class JsonLogger implements Logger {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  private readonly sink: PinoLogger;

  constructor(sink: PinoLogger) {
    this.sink = sink;
    this.debug = this.writer("debug");
    this.info = this.writer("info");
    this.warn = this.writer("warn");
    this.error = this.writer("error");
  }

  child(fields: LogFields): Logger {
    return new JsonLogger(this.sink.child(sanitize(fields)));
  }

  enabled(level: Exclude<LogLevel, "silent">): boolean {
    return this.sink.isLevelEnabled(level);
  }

  private writer(level: Exclude<LogLevel, "silent">): Write {
    const { sink } = this;
    if (!sink.isLevelEnabled(level)) return () => undefined;
    return (first: LogFields | string, message?: string) => {
      if (typeof first === "string") sink[level](first);
      else sink[level](sanitize(first), message);
    };
  }
}

function traceFields(): object {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId };
}

/** Makes a process's or service's logger. */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level ?? "info",
    base: { service: options.service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: traceFields,
  };
  return new JsonLogger(pino(settings, (options.destination as { write(line: string): void }) ?? standardError()));
}
