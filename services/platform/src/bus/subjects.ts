import { AttemptFinished, AttemptMetered, AttemptStarted } from "@sluice/proto/events/v1/attempt_events";
import { AuditRecorded, FeedbackReceived, PayloadRecorded } from "@sluice/proto/events/v1/audit_events";
import {
  BudgetChanged,
  ConfigChanged,
  CredentialChanged,
  KeyCreated,
  KeyRevoked,
  SessionRevoked,
} from "@sluice/proto/events/v1/control_events";
import { DecisionMade } from "@sluice/proto/events/v1/decision_events";
import {
  BudgetCrossed,
  HoldEnded,
  HoldPlaced,
  LedgerPosted,
  PriceChanged,
} from "@sluice/proto/events/v1/ledger_events";
import { ProviderHealth, QualityAlert, QualityWindow } from "@sluice/proto/events/v1/quality_events";
import { ResponseValidated } from "@sluice/proto/events/v1/verdict_events";

/** How long a stream keeps its facts. Without limits it keeps all of them and refuses new ones when the disk is full. */
export interface Retention {
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
}

const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;

/** Dead letters of every consumer; the bus alone writes it. */
export const DEAD_STREAM = "SLUICE_DEAD";
const DEAD_SUBJECT_PREFIX = "sluice.dead.";

/** Every stream and how long it keeps its facts. The money streams have no limit: they are never cut. */
export const STREAMS = {
  SLUICE_DECISIONS: { maxAgeMs: 30 * DAY_MS, maxBytes: 1024 * MIB },
  SLUICE_ATTEMPTS: {},
  SLUICE_VERDICTS: { maxAgeMs: 30 * DAY_MS, maxBytes: 512 * MIB },
  SLUICE_LEDGER: {},
  SLUICE_QUALITY: { maxAgeMs: 90 * DAY_MS, maxBytes: 128 * MIB },
  SLUICE_CONTROL: { maxBytes: 256 * MIB },
  SLUICE_AUDIT: { maxAgeMs: 400 * DAY_MS, maxBytes: 512 * MIB },
  SLUICE_PAYLOADS: { maxAgeMs: 7 * DAY_MS, maxBytes: 512 * MIB },
  [DEAD_STREAM]: { maxAgeMs: 90 * DAY_MS, maxBytes: 128 * MIB },
} as const satisfies Record<string, Retention>;

export type StreamName = keyof typeof STREAMS;

/** The parts of a generated message type that the bus needs. */
export interface EventCodec<Message> {
  fromJSON(object: unknown): Message;
  toJSON(message: Message): unknown;
}

interface EventRow<Message> {
  readonly stream: StreamName;
  readonly codec: EventCodec<Message>;
}

const event = <Message>(stream: StreamName, codec: EventCodec<Message>): EventRow<Message> => ({ stream, codec });

/** Every event: its type is `<domain>.<past tense>`, its subject `sluice.<type>.<tenant>`. */
export const EVENTS = {
  "decision.made": event("SLUICE_DECISIONS", DecisionMade),
  "attempt.started": event("SLUICE_ATTEMPTS", AttemptStarted),
  "attempt.metered": event("SLUICE_ATTEMPTS", AttemptMetered),
  "attempt.finished": event("SLUICE_ATTEMPTS", AttemptFinished),
  "response.validated": event("SLUICE_VERDICTS", ResponseValidated),
  "hold.placed": event("SLUICE_LEDGER", HoldPlaced),
  "hold.ended": event("SLUICE_LEDGER", HoldEnded),
  "ledger.posted": event("SLUICE_LEDGER", LedgerPosted),
  "price.changed": event("SLUICE_LEDGER", PriceChanged),
  "budget.crossed": event("SLUICE_LEDGER", BudgetCrossed),
  "quality.window": event("SLUICE_QUALITY", QualityWindow),
  "quality.alert": event("SLUICE_QUALITY", QualityAlert),
  "provider.health": event("SLUICE_QUALITY", ProviderHealth),
  "key.created": event("SLUICE_CONTROL", KeyCreated),
  "key.revoked": event("SLUICE_CONTROL", KeyRevoked),
  "session.revoked": event("SLUICE_CONTROL", SessionRevoked),
  "config.changed": event("SLUICE_CONTROL", ConfigChanged),
  "credential.changed": event("SLUICE_CONTROL", CredentialChanged),
  "budget.changed": event("SLUICE_CONTROL", BudgetChanged),
  "audit.recorded": event("SLUICE_AUDIT", AuditRecorded),
  "feedback.received": event("SLUICE_AUDIT", FeedbackReceived),
  "payload.recorded": event("SLUICE_PAYLOADS", PayloadRecorded),
} as const;

export type EventType = keyof typeof EVENTS;

/** The generated message a type carries. */
export type EventPayload<T extends EventType> = T extends EventType
  ? ReturnType<(typeof EVENTS)[T]["codec"]["fromJSON"]>
  : never;

/** True if `type` is one of the table's; use it on types that arrive over the wire. */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENTS, type);
}

/** True if `stream` is one of the table's. */
export function isStreamName(stream: string): stream is StreamName {
  return Object.hasOwn(STREAMS, stream);
}

/** Subject of a tenant's facts of one type; `*` as the tenant matches every tenant. */
export function subjectOf(type: EventType, tenant: string): string {
  return `sluice.${type}.${tenant}`;
}

/** Subject of a consumer's dead letters. */
export function deadSubjectOf(durable: string): string {
  return `${DEAD_SUBJECT_PREFIX}${durable}`;
}

/** The subjects a stream takes in. */
export function subjectsOf(stream: StreamName): readonly string[] {
  if (stream === DEAD_STREAM) return [`${DEAD_SUBJECT_PREFIX}*`];
  const types = Object.keys(EVENTS).filter(isEventType);
  return types.filter((type) => EVENTS[type].stream === stream).map((type) => subjectOf(type, "*"));
}
