import { z } from "zod";
import { LOG_LEVELS } from "../log/index.ts";

const port = z.int().min(1).max(65_535);
const host = z.string().min(1).max(253);
const bytes = z.int().positive();

const log = z.strictObject({
  level: z.enum(LOG_LEVELS).default("info").describe("Least important level that is written."),
});

const bus = z
  .strictObject({
    kind: z
      .enum(["embedded", "jetstream"])
      .default("embedded")
      .describe("Where events live: a file in data_dir, or NATS JetStream."),
    servers: z.array(z.string().min(1)).default([]).describe("NATS servers as host:port; for jetstream."),
    user: z.string().optional().describe("NATS user."),
    password_file: z.string().optional().describe("Owner-only file with the NATS password."),
    embedded_max_bytes: bytes
      .min(1_048_576)
      .default(17_179_869_184)
      .describe("Most bytes the embedded log takes; at 80 % new work is refused."),
    outbox_max_bytes: bytes.default(268_435_456).describe("Most bytes the local outbox takes before work is refused."),
    outbox_max_facts: z
      .int()
      .positive()
      .default(1_000_000)
      .describe("Most facts the local outbox takes before work is refused."),
  })
  .refine(({ kind, servers }) => kind === "embedded" || servers.length > 0, {
    path: ["servers"],
    message: "jetstream needs at least one server",
  });

const sql = z.strictObject({
  kind: z
    .enum(["sqlite", "postgres"])
    .default("sqlite")
    .describe("Where tables live: files in data_dir, or PostgreSQL."),
  host: host.default("127.0.0.1").describe("PostgreSQL host."),
  port: port.default(5_432).describe("PostgreSQL port."),
  user: z.string().min(1).default("sluice").describe("PostgreSQL user."),
  database: z.string().min(1).default("sluice").describe("PostgreSQL database; each service has its own schema in it."),
  password_file: z.string().optional().describe("Owner-only file with the PostgreSQL password."),
  pool_size: z.int().min(1).max(1_000).default(10).describe("Most connections per service."),
});

const redis = z.strictObject({
  kind: z
    .enum(["none", "redis"])
    .default("none")
    .describe("Where holds live: none = embedded, in the ledger's process."),
  host: host.default("127.0.0.1").describe("Redis host."),
  port: port.default(6_379).describe("Redis port."),
  password_file: z.string().optional().describe("Owner-only file with the Redis password."),
});

const rpc = z.strictObject({
  listen_host: host
    .default("127.0.0.1")
    .describe("Address the gRPC door listens on; it asks for the installation secret, not for TLS."),
  listen_port: z.int().min(0).max(65_535).default(0).describe("Port of the gRPC door; 0 takes a free one."),
  addresses: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe("host:port of services that run in other processes, by service name."),
  secret_file: z
    .string()
    .optional()
    .describe("Owner-only file with the installation secret; default: made in data_dir at first start."),
  max_message_bytes: bytes
    .max(1_073_741_824)
    .default(33_554_432)
    .describe("Largest request or response between services, in bytes."),
});

const ops = z.strictObject({
  listen_host: host.default("127.0.0.1").describe("Address of the operations door."),
  listen_port: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe("Port of the operations door; 0 takes a free one. Left out, the process has none."),
});

const shutdown = z.strictObject({
  drain_ms: z
    .int()
    .min(0)
    .default(15_000)
    .describe("Milliseconds that requests in flight get to finish when the process is told to stop."),
});

/** The sections of sluice.yaml that belong to the process rather than to one service. */
export const platformSections = {
  data_dir: z
    .string()
    .min(1)
    .default(".sluice")
    .describe("Folder of everything this process keeps; one process writes it."),
  durability: z
    .enum(["process", "power"])
    .default("process")
    .describe("What stored facts survive: the death of any process, or a power loss too (slower)."),
  log: log.describe("Log lines, on standard error."),
  bus: bus.describe("The event bus."),
  sql: sql.describe("The SQL store."),
  redis: redis.describe("The shared store of holds."),
  rpc: rpc.describe("Calls between services in different processes."),
  ops: ops.describe("The door through which any process is watched: /healthz, /readyz, /metrics."),
  shutdown: shutdown.describe("How the process ends."),
} as const;

type Values = { readonly [K in keyof typeof platformSections]: z.output<(typeof platformSections)[K]> };
export type PlatformConfig = Values;
