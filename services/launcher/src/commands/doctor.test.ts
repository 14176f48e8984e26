import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type IdentityUnderTest, startIdentityForTest } from "@sluice/identity/testing";
import { SluiceError } from "@sluice/platform/errors";
import { runCommand } from "./testing/run-command.ts";

interface Report {
  readonly healthy: boolean;
  readonly findings: readonly { check: string; level: string; detail: string }[];
}

async function start(t: TestContext, status = 200): Promise<IdentityUnderTest> {
  const door = createServer((_request, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  const { port } = door.address() as AddressInfo;
  const identity = await startIdentityForTest({ addresses: { ingress: `http://127.0.0.1:${port}` } });
  t.after(async () => {
    await identity.close();
    await new Promise((resolve) => door.close(resolve));
  });
  return identity;
}

async function doctor(directory: string): Promise<{ code: number; report: Report; level(check: string): string }> {
  const { code, stdout } = await runCommand(["doctor", "--json"], { dataDirectory: directory });
  const report = JSON.parse(stdout) as Report;
  return { code, report, level: (check) => report.findings.find((finding) => finding.check === check)?.level ?? "" };
}

test("a healthy installation passes, and its limit is proven to bite", async (t) => {
  const identity = await start(t);
  const { code, report, level } = await doctor(identity.directory);
  assert.deepEqual(
    report.findings.filter((finding) => finding.level === "fail"),
    [],
  );
  assert.equal(code, 0);
  for (const check of ["data directory", "secret files", "ledger", "bus", "budget bites", "door of ingress"]) {
    assert.equal(level(check), "ok", check);
  }
  assert.equal(level("credentials"), "warn");
  const shown = await runCommand(["doctor"], { dataDirectory: identity.directory });
  assert.match(shown.stdout, /^ok {4}data directory/m);
  assert.match(shown.stdout, /checks: 0 failed/);
});

test("a limit that does not bite, an open secret, a ledger that is away and a door that is not ready all fail", async (t) => {
  const identity = await start(t, 503);
  identity.ledger.careless = true;
  await writeFile(join(identity.directory, "provider.secret"), "x");
  await chmod(join(identity.directory, "provider.secret"), 0o644);
  const first = await doctor(identity.directory);
  assert.equal(first.code, 1);
  assert.deepEqual(["budget bites", "secret files", "door of ingress"].map(first.level), ["fail", "fail", "fail"]);
  identity.ledger.down = new SluiceError("unavailable", "LedgerService cannot be reached.");
  const second = await doctor(identity.directory);
  assert.deepEqual(["ledger", "budget bites", "router"].map(second.level), ["fail", "fail", "ok"]);
});

test("without a gateway it still looks at the files and says what is missing", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-doctor-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const { code, level, report } = await doctor(folder);
  assert.deepEqual([code, level("data directory"), level("admin door")], [1, "fail", "fail"]);
  assert.match(report.findings.at(-1)?.detail ?? "", /start it with `npx sluice up`/);
});
