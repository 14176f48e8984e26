import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DiskReserve } from "./disk-reserve.ts";

test("room is held until it is given away, once, and is taken back", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-reserve-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "reserve");
  const reserve = new DiskReserve(path, 100_000);
  t.after(() => reserve.close());
  assert.equal(reserve.release(), false, "nothing is held yet");
  reserve.keep(0);
  assert.equal(statSync(path).size, 100_000);
  assert.equal(reserve.release(), true);
  assert.equal(statSync(path).size, 0);
  assert.equal(reserve.release(), false);
  assert.throws(() => reserve.keep(100), { code: "overloaded" }, "not asked for at every request");
  reserve.keep(1_000);
  assert.equal(statSync(path).size, 100_000);
});

test("a folder that is not there is said", () => {
  assert.throws(() => new DiskReserve(join(tmpdir(), "sluice-none", "reserve"), 1), { code: "unavailable" });
});
