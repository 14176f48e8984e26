import assert from "node:assert/strict";
import { test } from "node:test";
import { apiKeyFault, apiKeyPrefix, hashApiKey, newApiKey } from "./index.ts";

test("a new key passes its own check and never repeats", () => {
  const keys = new Set(Array.from({ length: 2000 }, newApiKey));
  assert.equal(keys.size, 2000);
  for (const key of keys) assert.equal(apiKeyFault(key), undefined, key);
});

test("any single mistyped character is told apart from an unknown key", () => {
  const key = newApiKey();
  for (let i = "sk-sluice-".length; i < key.length; i++) {
    const other = key[i] === "x" ? "y" : "x";
    assert.equal(apiKeyFault(key.slice(0, i) + other + key.slice(i + 1)), "checksum");
  }
});

test("what is not shaped like a key is named so", () => {
  const key = newApiKey();
  for (const text of ["", "sk-abc", key.slice(1), `${key}0`, `${key}\n`, key.replace("sk-sluice-", "sk-sluice_")]) {
    assert.equal(apiKeyFault(text), "shape");
  }
});

test("the shown prefix is a small part and the hash has 32 bytes", () => {
  const key = newApiKey();
  assert.equal(apiKeyPrefix(key).length, 16);
  assert.ok(key.startsWith(apiKeyPrefix(key)));
  assert.equal(hashApiKey(key).length, 32);
});
