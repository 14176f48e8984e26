import { test } from "node:test";
import fc from "fast-check";
import { HoldRun, holdStep } from "../testing/hold-steps.ts";
import { MemoryStore } from "../testing/memory-store.ts";
import { KnownTimeZones } from "./windows.ts";

test("over any course of events the machine admits what fits, ends each hold once and adds up to the last unit", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(holdStep, { minLength: 30, maxLength: 120 }), async (steps) => {
      const zones = new KnownTimeZones();
      let store = new MemoryStore(zones);
      const lose = async (): Promise<void> => {
        store = new MemoryStore(zones);
      };
      const run = new HoldRun({ store: () => store, lose, zones }, "acme");
      for (const step of steps) await run.step(step);
    }),
    { numRuns: 400 },
  );
});
