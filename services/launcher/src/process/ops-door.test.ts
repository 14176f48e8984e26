import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { type OpsDoor, openOpsDoor } from "./ops-door.ts";

const TOKEN = "a-token-of-a-test";

async function withDoor(reasons: readonly string[], use: (door: OpsDoor) => Promise<void>): Promise<void> {
  const metrics = { render: async () => ({ contentType: "text/plain; version=0.0.4", body: "sluice_test_total 1\n" }) };
  const door = await openOpsDoor({ host: "127.0.0.1", port: 0, token: TOKEN, metrics, notReady: () => reasons });
  try {
    await use(door);
  } finally {
    await door.close();
  }
}

const ask = async (door: OpsDoor, path: string, init: RequestInit = {}) => {
  const response = await fetch(`${door.url}${path}`, init);
  return { status: response.status, text: await response.text() };
};

test("a ready process says so, and gives its metrics to whoever holds the token alone", async () => {
  await withDoor([], async (door) => {
    assert.equal((await ask(door, "/healthz")).status, 200);
    assert.deepEqual(await ask(door, "/readyz?full=1"), { status: 200, text: '{"status":"ready"}' });
    for (const authorization of ["", "Bearer", `Bearer ${TOKEN}x`, TOKEN]) {
      assert.equal((await ask(door, "/metrics", { headers: { authorization } })).status, 401);
    }
    const told = await ask(door, "/metrics", { headers: { authorization: `Bearer ${TOKEN}` } });
    assert.deepEqual(told, { status: 200, text: "sluice_test_total 1\n" });
  });
});

test("a process that is not ready lives, and says which service is missing", async () => {
  await withDoor(["router: the model catalogue has not been read yet"], async (door) => {
    assert.equal((await ask(door, "/healthz")).status, 200);
    const { status, text } = await ask(door, "/readyz");
    assert.equal(status, 503);
    assert.deepEqual(JSON.parse(text).reasons, ["router: the model catalogue has not been read yet"]);
  });
});

test("other paths and methods are refused", async () => {
  await withDoor([], async (door) => {
    assert.equal((await ask(door, "/admin/v1/keys")).status, 404);
    assert.equal((await ask(door, "/../metrics.token")).status, 404);
    assert.equal((await ask(door, "/healthz", { method: "POST", body: "x".repeat(100_000) })).status, 405);
    assert.equal((await ask(door, "/healthz", { headers: { long: "x".repeat(9_000) } })).status, 431);
  });
});

test("an open connection does not keep the door from closing", async () => {
  await withDoor([], async (door) => {
    const socket = connect(Number(new URL(door.url).port), "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.on("error", () => undefined);
    await door.close();
    socket.destroy();
  });
});

test("a taken port is named with the remedy", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const metrics = { render: async () => ({ contentType: "", body: "" }) };
  const opening = openOpsDoor({ host: "127.0.0.1", port, token: TOKEN, metrics, notReady: () => [] });
  await assert.rejects(opening, /is taken by another program.*ops\.listen_port/);
  other.close();
});
