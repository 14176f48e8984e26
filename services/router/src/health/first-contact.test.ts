import assert from "node:assert/strict";
import { test } from "node:test";
import { FirstContact } from "./first-contact.ts";

test("it is made with the first answer, and nobody asks after that", async () => {
  let asked = 0;
  const answered = Promise.withResolvers<void>();
  const contact = new FirstContact(async () => {
    asked += 1;
    if (asked < 3) throw new Error("not yet");
    answered.resolve();
  }, 1);
  assert.equal(contact.made, false);
  const alive = setInterval(() => undefined, 1_000);
  contact.start();
  await answered.promise;
  await new Promise((resolve) => setImmediate(resolve));
  clearInterval(alive);
  assert.deepEqual([contact.made, asked], [true, 3]);
});

test("stopped, it asks no more", async () => {
  let asked = 0;
  const contact = new FirstContact(async () => {
    asked += 1;
    throw new Error("away");
  }, 1);
  contact.stop();
  contact.start();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([contact.made, asked], [false, 1]);
});
