import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { EmbeddedHoldStore } from "../../services/ledger/src/holds/embedded-store.ts";
import { KnownTimeZones } from "../../services/ledger/src/holds/windows.ts";
import { HoldRun, holdStep } from "../../services/ledger/src/testing/hold-steps.ts";
import { temporaryDirectory } from "../harness/index.ts";
import { freshTenant } from "./holds-kit.ts";

test("the embedded store agrees with a naive model over any course of events, killed and opened in between", async () => {
  const folder = temporaryDirectory("holds-property");
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(holdStep, { minLength: 20, maxLength: 80 }), async (steps) => {
      const zones = new KnownTimeZones();
      let place = join(folder, String(runs++));
      mkdirSync(place);
      let store = new EmbeddedHoldStore(join(place, "holds.sqlite"), "process", zones);
      const openIn = async (next: string): Promise<void> => {
        const last = store;
        place = next;
        store = new EmbeddedHoldStore(join(place, "holds.sqlite"), "process", zones);
        await last.close();
      };
      // What kill -9 leaves: the files as they are, with all that was answered in them.
      const reopen = async (): Promise<void> => {
        const next = join(folder, String(runs++));
        cpSync(place, next, { recursive: true });
        await openIn(next);
      };
      const lose = async (): Promise<void> => {
        const next = join(folder, String(runs++));
        mkdirSync(next);
        await openIn(next);
      };
      const run = new HoldRun({ store: () => store, reopen, lose, zones }, freshTenant());
      try {
        for (const step of steps) await run.step(step);
      } finally {
        await store.close();
      }
    }),
    { numRuns: 40 },
  );
});
