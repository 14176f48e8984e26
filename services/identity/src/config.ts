import { z } from "zod";
import { declarationKeys } from "./declared/schema.ts";

/** The `identity` section of sluice.yaml. */
export const identityConfig = z.strictObject({
  admin_listen: z
    .enum(["socket", "loopback"])
    .default("socket")
    .describe(
      "Where the admin door listens: a unix socket in the admin directory, or 127.0.0.1. A path too long for a socket falls back to loopback.",
    ),
  admin_port: z
    .int()
    .min(0)
    .max(65535)
    .default(0)
    .describe("Port of the admin door on loopback; 0 takes a free one, which admin.json then names."),
  admin_directory: z
    .string()
    .default("")
    .describe("Folder of admin.sock, admin.json and admin.token; empty means the data directory."),
  admin_body_bytes_max: z
    .int()
    .min(1024)
    .max(16_777_216)
    .default(262_144)
    .describe("Largest request body the admin door reads, in bytes."),
  admin_event_streams_max: z
    .int()
    .min(1)
    .max(1000)
    .default(16)
    .describe("Most event streams the admin door serves at the same time."),
  call_timeout_ms: z
    .int()
    .min(100)
    .max(600_000)
    .default(10_000)
    .describe("Time the admin door gives another service to answer, in milliseconds."),
  default_org: z
    .string()
    .min(1)
    .max(64)
    .default("default")
    .describe("Name of the organisation made at the first start, when there is none."),
  announce_retry_ms: z
    .int()
    .min(10)
    .max(600_000)
    .default(1000)
    .describe("Pause before key events that could not be published are tried again, in milliseconds."),
  session_ttl_max_ms: z
    .int()
    .min(1000)
    .max(2_592_000_000)
    .default(86_400_000)
    .describe("Longest life a session may ask for, in milliseconds."),
  sessions_per_key_max: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(1000)
    .describe("Most sessions of one key that are open at the same time."),
  session_sweep_ms: z
    .int()
    .min(10)
    .max(600_000)
    .default(5000)
    .describe("How often sessions are looked for whose ending is not carried through yet, in milliseconds."),
  session_keep_days: z.int().min(1).max(3650).default(30).describe("Days for which ended sessions are kept for lists."),
  ...declarationKeys,
});

export type IdentityConfig = z.output<typeof identityConfig>;
