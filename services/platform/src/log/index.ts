export type { KnownFields, LogFields, Scalar } from "./fields.ts";
export { createLogger, LOG_LEVELS, type Logger, type LoggerOptions, type LogLevel } from "./logger.ts";
export { containsSecret, isSecretName, REDACTED, redactText } from "./redact.ts";
export { errorText } from "./sanitize.ts";
