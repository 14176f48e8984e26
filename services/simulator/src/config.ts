import { z } from "zod";

/** The section `simulator` of sluice.yaml. */
export const simulatorConfig = z.strictObject({
  listen_host: z.string().default("127.0.0.1").describe("Address the simulator listens on."),
  listen_port: z.number().int().min(0).max(65_535).default(0).describe("Port; 0 takes a free one."),
  ttft_ms: z
    .number()
    .min(0)
    .max(600_000)
    .default(20)
    .describe("Time to the first token in milliseconds, give or take a fifth."),
  tokens_per_second: z
    .number()
    .min(0)
    .max(1_000_000)
    .default(500)
    .describe("Speed of an answer after its first token; 0 does not wait."),
  pace: z
    .number()
    .min(0)
    .max(1_000)
    .default(1)
    .describe("Multiplies all waiting times; 0 answers as fast as possible."),
  body_bytes_max: z
    .number()
    .int()
    .min(1)
    .max(1_073_741_824)
    .default(20_971_520)
    .describe("Largest request body in bytes."),
  any_model: z
    .boolean()
    .default(false)
    .describe(
      "Whether a chat model it does not know answers as `small` does, so that it can stand in for any provider.",
    ),
  bill_log_size: z.number().int().min(1).max(10_000_000).default(100_000).describe("Bills kept in memory."),
  bill_log_file: z
    .string()
    .min(1)
    .optional()
    .describe("JSON-lines file every bill is appended to, relative to the service's directory."),
});

export type SimulatorConfig = z.output<typeof simulatorConfig>;
