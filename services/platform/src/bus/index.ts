export { type BusLog, SILENT_LOG } from "./bus-log.ts";
export type { EmbeddedBusOptions } from "./embedded-bus.ts";
export { payloadOf, printEvent } from "./fact.ts";
export type { JetStreamBusOptions } from "./jetstream-bus.ts";
export { type BusOptions, openBus } from "./open-bus.ts";
export {
  DEAD_STREAM,
  deadSubjectOf,
  EVENTS,
  type EventPayload,
  type EventType,
  isEventType,
  isStreamName,
  type Retention,
  STREAMS,
  type StreamName,
  subjectOf,
} from "./subjects.ts";
export type {
  Bus,
  BusHealth,
  Consumer,
  ConsumerOptions,
  DeadLetter,
  DeliveredEvent,
  HandlerOutcome,
  OutgoingEvent,
  PrintedEvent,
  ReadOptions,
} from "./types.ts";
