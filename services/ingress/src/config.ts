import { z } from "zod";

const milliseconds = (least: number, most: number) => z.int().min(least).max(most);

/** Section `ingress` of sluice.yaml. */
export const ingressConfig = z.strictObject({
  listen_host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("Address the door listens on; beyond loopback put TLS in front of it."),
  listen_port: z.int().min(0).max(65_535).default(8787).describe("Port the door listens on; 0 takes a free one."),
  body_bytes_max: z.int().min(1_024).max(1_073_741_824).default(10_485_760).describe("Largest request body in bytes."),
  header_bytes_max: z
    .int()
    .min(1_024)
    .max(1_048_576)
    .default(16_384)
    .describe("Largest sum of request headers in bytes."),
  connections_max: z.int().min(1).default(16_384).describe("Most open connections; further ones are closed at once."),
  headers_timeout_ms: milliseconds(100, 600_000)
    .default(15_000)
    .describe("Time a client may take to send its headers."),
  receive_timeout_ms: milliseconds(100, 3_600_000)
    .default(120_000)
    .describe("Time a client may take to send a whole request."),
  keep_alive_timeout_ms: milliseconds(0, 600_000).default(72_000).describe("Time an idle connection is kept open."),
  request_timeout_ms: milliseconds(1, 86_400_000)
    .default(600_000)
    .describe("Time an answer may take, streams included."),
  first_byte_ms: milliseconds(10, 600_000)
    .default(15_000)
    .describe(
      "Time after which a stream without content yet gets its headers and a comment; errors are events from then on.",
    ),
  stream_silence_ms: milliseconds(10, 600_000)
    .default(15_000)
    .describe("Silence after which a stream gets a keep-alive comment."),
  max_in_flight: z.int().min(1).default(4_096).describe("Most chat requests at once; further ones get 503 overloaded."),
  in_flight_bytes_max: z
    .int()
    .min(1_024)
    .default(134_217_728)
    .describe("Most bytes of bodies of chat requests at once; further ones get 503 overloaded."),
  max_in_flight_per_key: z
    .int()
    .min(0)
    .default(0)
    .describe("Most chat requests at once with one key; 0 sets no limit."),
  key_cache_ms: milliseconds(0, 600_000)
    .default(30_000)
    .describe("Time a resolved key is trusted without asking again; a revocation acts at once."),
  unknown_key_cache_ms: milliseconds(0, 60_000)
    .default(1_000)
    .describe("Time an unknown key is refused without asking again."),
  stale_key_max_ms: milliseconds(0, 3_600_000)
    .default(60_000)
    .describe("Time a resolved key goes on working while the identity service is away."),
  key_cache_entries: z.int().min(1).default(20_000).describe("Most keys remembered, known and unknown ones each."),
  choices_max: z.int().min(1).max(128).default(16).describe("Largest n of a chat request."),
  messages_max: z.int().min(1).max(100_000).default(10_000).describe("Most messages in a chat request."),
  parts_max: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe("Most content parts and tool calls in all messages of a chat request together."),
  tools_max: z.int().min(1).max(10_000).default(512).describe("Most tools in a chat request."),
  stored_responses: z
    .boolean()
    .default(true)
    .describe("Keep responses for previous_response_id, unless a request says store: false; false keeps none."),
  stored_responses_days: z
    .int()
    .min(1)
    .max(3_650)
    .default(30)
    .describe("Days after which a kept response is forgotten."),
  stored_response_bytes_max: z
    .int()
    .min(1_024)
    .max(1_073_741_824)
    .default(4_194_304)
    .describe("Largest response that is kept, with the items of its request, in bytes."),
  stored_responses_org_bytes_max: z
    .int()
    .min(1_024)
    .default(268_435_456)
    .describe("Most bytes of kept responses of one organisation; the oldest are forgotten first."),
  json_depth_max: z.int().min(8).max(1_000).default(128).describe("Deepest nesting of a JSON body."),
  label_accounts: z.boolean().default(false).describe("Charge the body's user field as an account of its own too."),
  metrics_auth: z
    .enum(["token", "none"])
    .default("token")
    .describe("Whether /metrics asks for the token in the data directory's metrics.token."),
  cors_origins: z
    .array(z.string().min(1))
    .default([])
    .describe('Origins browsers may call from; ["*"] allows all, none by default.'),
});

export type IngressConfig = z.output<typeof ingressConfig>;
