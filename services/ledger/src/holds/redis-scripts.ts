import { createHash } from "node:crypto";
import { BASE } from "./redis-lua-base.ts";
import { CHANGE } from "./redis-lua-change.ts";
import { HOLDS } from "./redis-lua-hold.ts";
import { PLACE } from "./redis-lua-place.ts";
import { SETTINGS } from "./redis-lua-settings.ts";

/** One Lua script with the digest Redis knows it by. */
export interface Script {
  readonly text: string;
  readonly digest: string;
}

function script(...parts: readonly string[]): Script {
  const text = parts.join("\n");
  return { text, digest: createHash("sha1").update(text).digest("hex") };
}

/** The steps of a hold's life; `machine.ts` is the same in TypeScript, and one contract suite runs over both. */
export const SCRIPTS = {
  place: script(BASE, HOLDS, PLACE),
  change: script(BASE, HOLDS, CHANGE),
  settings: script(BASE, HOLDS, SETTINGS),
} as const satisfies Record<string, Script>;
