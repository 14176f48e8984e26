/**
 * Environment variables that conventionally hold a provider's key, for providers without a folder of their own yet.
 * They are refused at start like those of the built-in providers: a long-lived key must not lie in reach of the process.
 */
export const KNOWN_VARIABLES: Readonly<Record<string, readonly string[]>> = {
  jina: ["JINA_API_KEY"],
};
