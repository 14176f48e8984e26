import assert from "node:assert/strict";
import { test } from "node:test";
import { signAws } from "./aws-signature.ts";

/** Key and moment of AWS's published test suite for Signature Version 4. */
const KEY = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: undefined,
};
const SCOPE = { region: "us-east-1", service: "service", nowMs: Date.UTC(2015, 7, 30, 12, 36, 0) };
const ORIGIN = "https://example.amazonaws.com";

const signatureOf = (headers: Readonly<Record<string, string>>): string | undefined =>
  /Signature=(\w+)$/.exec(headers["authorization"] ?? "")?.[1];

test("the published examples have the published signatures", () => {
  const vanilla = signAws({ origin: ORIGIN, path: "/", headers: {}, body: "" }, KEY, SCOPE);
  assert.equal(
    vanilla["authorization"],
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  );
  assert.equal(vanilla["x-amz-date"], "20150830T123600Z");
  assert.equal(vanilla["host"], undefined, "the connection says it");
  const query = signAws({ origin: ORIGIN, path: "/?Param1=value1", headers: {}, body: "" }, KEY, SCOPE);
  assert.equal(signatureOf(query), "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11");
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const form = signAws({ origin: ORIGIN, path: "/", headers, body: "Param1=value1" }, KEY, SCOPE);
  assert.equal(signatureOf(form), "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
});

test("path, body, region and session each change the signature, and the session goes along", () => {
  const request = { origin: ORIGIN, path: "/model/a%3A0/converse", headers: {}, body: "{}" };
  const signatures = [
    signAws(request, KEY, SCOPE),
    signAws({ ...request, path: "/model/a:0/converse" }, KEY, SCOPE),
    signAws({ ...request, body: "{ }" }, KEY, SCOPE),
    signAws(request, KEY, { ...SCOPE, region: "eu-west-1" }),
    signAws(request, { ...KEY, sessionToken: "session" }, SCOPE),
  ];
  assert.equal(new Set(signatures.map(signatureOf)).size, signatures.length);
  assert.equal(signatures.at(-1)?.["x-amz-security-token"], "session");
});
