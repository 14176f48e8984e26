import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import fc from "fast-check";
import { PROVIDERS } from "../../services/provider-adapter/src/providers/registry.ts";

const of = (length: number, letters = "aB3dE5fG7h"): string =>
  letters.repeat(Math.ceil(length / letters.length)).slice(0, length);
const hex = (length: number): string => of(length, "0123456789abcdef");

/** Keys in the form each maker gives them; those without a form of their own are struck out by their very text, where it is known. */
const KEYS: Readonly<Record<string, string>> = {
  openai: `sk-proj-${of(120)}`,
  anthropic: `sk-ant-api03-${of(93)}-AA`,
  gemini: `AIza${of(35)}`,
  "gemini, newer": `AQ.Ab8${of(44)}`,
  deepseek: `sk-${hex(32)}`,
  qwen: `sk-${hex(32)}`,
  xai: `xai-${of(80)}`,
  groq: `gsk_${of(52)}`,
  openrouter: `sk-or-v1-${hex(64)}`,
  together: `tgp_v1_${of(43)}`,
  fireworks: `fw_${of(24)}`,
  cerebras: `csk-${of(48)}`,
  perplexity: `pplx-${of(48)}`,
  moonshot: `sk-${of(48)}`,
  zhipu: `${hex(32)}.${of(16)}`,
  "ollama's cloud": `${hex(32)}.${of(24)}`,
};

const wrap: readonly ((said: string, key: string) => unknown)[] = [
  (said) => ({ error: { message: said, type: "authentication_error", code: "invalid_api_key" } }),
  (said, key) => ({ error: { message: "no", param: key, code: key, type: said } }),
  (said) => ({ type: "error", error: { type: "authentication_error", message: said } }),
  (said) => [{ error: { code: 400, message: said, status: "INVALID_ARGUMENT", details: [{ reason: said }] } }],
  (said) => ({ code: "invalid", error: said }),
  (said) => ({ detail: [{ loc: ["header", said], msg: said }] }),
  (said) => ({ object: "error", message: { detail: said } }),
  (said) => ({
    error: { message: "Provider returned error", code: 401, metadata: { raw: JSON.stringify({ error: said }) } },
  }),
  (said) => said,
];

for (const [maker, key] of Object.entries(KEYS)) {
  test(`a key of ${maker} that an error repeats is told to nobody`, () => {
    for (const make of Object.values(PROVIDERS)) {
      const provider = make({ baseUrl: undefined, abandon: undefined });
      for (const body of wrap.map((form) =>
        JSON.stringify(form(`Incorrect API key provided: ${key}. Get one.`, key)),
      )) {
        for (const status of [400, 401, 200]) {
          const error = provider.mapError({ status, headers: {}, body });
          assert.ok(
            !JSON.stringify([error.message, error.details]).includes(key.slice(0, -4)),
            `${provider.name}: ${body}`,
          );
        }
      }
    }
  });
}

test("whatever a provider says in refusing is an error of its own, short, and told at once", () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom("blocked by ", "try again in 1m1m1m", "bearer a", "eyJ").map((piece) => piece.repeat(6_000)),
  );
  const header = fc.constantFrom("-1", "1e9", "Infinity", "NaN", "99999999999999", "Wed, 21 Oct 2099 07:28:00 GMT", "");
  const body = fc.oneof(
    text,
    fc.tuple(fc.constantFrom(...wrap), text).map(([form, said]) => JSON.stringify(form(said, said))),
  );
  const status = fc.constantFrom(200, 301, 400, 401, 403, 404, 413, 422, 429, 500, 503, 529, 599);
  const providers = Object.values(PROVIDERS).map((make) => make({ baseUrl: undefined, abandon: undefined }));
  const property = fc.property(body, status, header, (said, code, wait) => {
    for (const provider of providers) {
      const headers = { "retry-after": wait, "retry-after-ms": wait, "x-ratelimit-reset-tokens": wait };
      const error = provider.mapError({ status: code, headers, body: said });
      assert.ok(error instanceof SluiceError && error.code.startsWith("upstream_"));
      assert.ok(error.message.length <= 2_048 && JSON.stringify(error.details).length <= 32_768);
      const { retryAfterMs } = error.details;
      assert.ok(retryAfterMs === undefined || (retryAfterMs >= 0 && retryAfterMs <= 86_400_000));
    }
  });
  fc.assert(property, { numRuns: 60 });
});
