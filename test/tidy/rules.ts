import { CODE_RULES } from "./code-rules.ts";
import { IMPORT_RULES } from "./import-rules.ts";
import { LAYOUT_RULES } from "./layout-rules.ts";
import { PROVIDER_RULES } from "./provider-rules.ts";
import type { Rule } from "./rule.ts";

/** All rules of the project that a program can check. */
export const RULES: readonly Rule[] = [...CODE_RULES, ...IMPORT_RULES, ...PROVIDER_RULES, ...LAYOUT_RULES];
