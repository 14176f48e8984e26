import { createPrivateKey, createSign, type KeyObject } from "node:crypto";
import { SluiceError } from "@sluice/platform/errors";
import { z } from "zod";
import { readToken } from "../../credentials/access-token.ts";
import { endOf, field, readFields, tokenAddress } from "../../credentials/fields.ts";
import { staticKey } from "../../credentials/static-key.ts";
import { tokenSigner } from "../../credentials/token-signer.ts";
import type { Signer, SignerTools } from "../../provider.ts";

const TOKEN_URI = "https://oauth2.googleapis.com/token";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const LIFE_S = 3_600;

/** The file of a service account, as Google hands it out. */
const serviceAccount = z.looseObject({
  type: z.literal("service_account"),
  client_email: field,
  private_key: field,
  private_key_id: z.string().max(256).default(""),
  token_uri: tokenAddress.default(TOKEN_URI),
});

/** What a person's sign-in at the command line leaves behind. */
const person = z.looseObject({
  type: z.literal("authorized_user"),
  client_id: field,
  client_secret: field,
  refresh_token: field,
  token_uri: tokenAddress.default(TOKEN_URI),
});

const credential = z.discriminatedUnion(
  "type",
  [serviceAccount, person],
  "is neither service_account nor authorized_user",
);

/** What is exchanged for a token, and what of it is secret. */
interface Exchange {
  readonly address: string;
  readonly form: (nowMs: number) => Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly hint: string;
}

function keyOf(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The reason would quote what it could not read.
    throw new SluiceError("invalid_request", "The credential of vertex cannot be used: private_key is no PEM key.", {
      details: { param: "secret" },
    });
  }
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A statement, signed by the account itself, that it asks for a token (RFC 7523). */
function assertion(account: z.output<typeof serviceAccount>, key: KeyObject, nowMs: number): string {
  const issued = Math.floor(nowMs / 1_000);
  const header = { alg: "RS256", typ: "JWT", ...(account.private_key_id !== "" && { kid: account.private_key_id }) };
  const claims = { iss: account.client_email, scope: SCOPE, aud: account.token_uri, iat: issued, exp: issued + LIFE_S };
  const text = `${base64url(header)}.${base64url(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
}

function exchangeOf(parts: z.output<typeof credential>): Exchange {
  if (parts.type === "authorized_user") {
    const { client_id, client_secret, refresh_token, token_uri: address } = parts;
    const form = { grant_type: "refresh_token", client_id, client_secret, refresh_token };
    return { address, form: () => form, secrets: [client_secret, refresh_token], hint: "" };
  }
  const key = keyOf(parts.private_key);
  return {
    address: parts.token_uri,
    form: (nowMs) => ({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: assertion(parts, key, nowMs),
    }),
    secrets: [parts.private_key],
    hint: endOf(parts.private_key_id),
  };
}

/**
 * An API key, or a file with which short-lived tokens are fetched: a service account's, or that of a person's sign-in.
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 * @throws invalid_request naming the field, and at use where no project is configured
 */
export function openCredential(project: string | undefined, text: string, tools: SignerTools): Signer {
  if (!text.startsWith("{")) return staticKey(text, { "x-goog-api-key": text });
  const { address, form, secrets, hint } = exchangeOf(readFields("vertex", text, credential));
  const signer = tokenSigner({
    secrets,
    hint,
    source: {
      now: () => tools.now(),
      fetch: async () => readToken(await tools.postForm(address, form(tools.now())), "vertex", tools.now()),
    },
  });
  if (project !== undefined) return signer;
  return {
    ...signer,
    sign: () => {
      const message =
        "Calls of vertex with an account need its project: set provider_adapter.providers.vertex.project.";
      throw new SluiceError("invalid_request", message, { details: { provider: "vertex" } });
    },
  };
}
