import assert from "node:assert/strict";
import type { System } from "../../../harness/system.ts";
import { clientOf, QUESTION } from "./ask.ts";
import { type Follower, followAttempts } from "./follow.ts";

/** When a client went away, by the model it had asked for; every departure has a model of its own. */
const departures = new WeakMap<System, Map<string, number>>();
const followers = new WeakMap<System, Follower>();
/** When each departure of a system was. */
export const departuresOf = (system: System): Map<string, number> => {
  const known = departures.get(system) ?? new Map<string, number>();
  departures.set(system, known);
  return known;
};

/** The follower of a system's attempts, started once; whoever is last stops it. */
export async function followerOf(system: System): Promise<Follower> {
  const known = followers.get(system) ?? (await followAttempts(system));
  followers.set(system, known);
  return known;
}

/** A client that asks and goes away. */
export interface Departure {
  readonly provider: string;
  readonly model: string;
  readonly stream?: boolean;
  readonly level?: string;
  /** Pieces of the answer to wait for before leaving; 0 leaves as soon as the provider has been asked. */
  readonly pieces: number;
}

/** Asks, waits for what is to be waited for, leaves. */
export async function leave(system: System, departure: Departure): Promise<void> {
  const { provider, model, stream = true, level, pieces } = departure;
  const leaving = new AbortController();
  const go = (): void => {
    departuresOf(system).set(`${provider}/${model}`, Date.now());
    leaving.abort();
  };
  const asking = clientOf(system).chat.completions.create(
    { model: `${provider}/${model}`, messages: QUESTION, stream },
    { signal: leaving.signal, ...(level !== undefined && { headers: { "x-sluice-validation": level } }) },
  );
  if (pieces === 0) {
    const gone = assert.rejects(async () => {
      const answer = await asking;
      if ("controller" in answer) for await (const _ of answer) assert.fail("nothing could have come yet");
    }, /abort/i);
    await (await followerOf(system)).started(provider, model);
    go();
    return await gone;
  }
  let seen = 0;
  const answer = await asking;
  assert.ok("controller" in answer);
  try {
    for await (const { choices } of answer) {
      if ((choices[0]?.delta.content ?? "") !== "") seen += 1;
      if (seen === pieces) go();
    }
  } catch (error) {
    assert.match(String(error), /abort/i);
  }
  assert.equal(seen, pieces);
}
