import type { Signer } from "../provider.ts";
import { TokenKeeper, type TokenSource } from "./access-token.ts";

export interface TokenSignerOptions {
  /** What the token is fetched with. */
  readonly secrets: readonly string[];
  readonly hint: string;
  readonly source: TokenSource;
}

const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` });

/** Proves who asks by a short-lived token, fetched when it is first needed and renewed before it ends. */
export function tokenSigner({ secrets, hint, source }: TokenSignerOptions): Signer {
  const keeper = new TokenKeeper(source);
  return {
    get secrets() {
      return keeper.current === undefined ? secrets : [...secrets, keeper.current];
    },
    hint,
    sign: () => {
      const token = keeper.take();
      return typeof token === "string" ? bearer(token) : token.then(bearer);
    },
    refused: () => keeper.drop(),
  };
}
