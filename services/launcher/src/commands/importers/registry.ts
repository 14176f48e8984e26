import { basename } from "node:path";
import { readLitellm } from "./litellm.ts";
import type { Plan } from "./plan.ts";
import { readPortkey } from "./portkey.ts";

/** Other gateways whose configuration can be read, one line each. */
export const IMPORTERS: Readonly<Record<string, (text: string, file: string) => Plan>> = {
  litellm: (text) => readLitellm(text),
  portkey: (text, file) => readPortkey(text, basename(file).replace(/\.[^.]*$/, "") || "imported"),
};
