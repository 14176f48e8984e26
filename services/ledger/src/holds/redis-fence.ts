/** Tells under which epoch the shared hold store is valid, and hears of every sign that it may not be. */
export interface HoldFence {
  /** The epoch, at once. @throws unavailable while admission is closed */
  now(): string;
  /** The epoch, as soon as there is one that is not earlier than the one given. @throws unavailable when that takes too long */
  opened(atLeast?: bigint): Promise<string>;
  /** A script or a look has found the store to be another one than believed. */
  doubt(epoch: string, reason: string): void;
}

/** A store nobody else looks after: tests, and the one who rebuilds it under a new epoch. */
export function fixedEpoch(epoch: string, onDoubt: (reason: string) => void = () => undefined): HoldFence {
  return { now: () => epoch, opened: async () => epoch, doubt: (_, reason) => onDoubt(reason) };
}
