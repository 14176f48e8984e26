import { createRequire } from "node:module";
import type { Ajv, Options, ValidateFunction } from "ajv";
import type { Draft, Inspection } from "./inspect-schema.ts";

/** Tells whether a value fits; `reason` says why not, in words of the schema alone. */
export interface Validator {
  fits(value: unknown): boolean;
  reason(): string;
}

interface Tools {
  readonly classes: Readonly<Record<Draft, new (options: Options) => Ajv>>;
  readonly addFormats: (ajv: Ajv) => unknown;
}

/** From this many values on the flat form is used: the nested one would overflow the stack of the JavaScript compiler. */
const FLAT_FROM_VALUES = 1500;
const META = /json-schema\.org\/draft/;
const REASON_CHARS_MAX = 160;
let tools: Tools | undefined;

/** Loads the schema compiler, once and only where somebody uses schemas: it costs 50 ms and 20 MB. */
export function loadSchemaTools(): Tools {
  if (tools !== undefined) return tools;
  const load = createRequire(import.meta.url);
  tools = {
    classes: {
      "draft-07": load("ajv").default,
      "2019-09": load("ajv/dist/2019.js").default,
      "2020-12": load("ajv/dist/2020.js").default,
    },
    addFormats: load("ajv-formats").default,
  };
  return tools;
}

/**
 * Compiles a schema. Each gets a compiler of its own, so that no schema can name another caller's. Nothing is ever fetched: a reference
 * that leads out of the schema is an error.
 * @throws Error if the schema is invalid or refers to another document.
 */
export function compileSchema(schema: unknown, inspection: Inspection, assertFormats: boolean): Validator {
  const { classes, addFormats } = loadSchemaTools();
  const refersToDraft = META.test(JSON.stringify(refsOf(schema)));
  const ajv = new classes[inspection.draft]({
    strict: false,
    validateSchema: false,
    meta: refersToDraft,
    logger: false,
    inlineRefs: false,
    ownProperties: true,
    allErrors: inspection.values > FLAT_FROM_VALUES,
    validateFormats: assertFormats,
    code: { optimize: false, regExp },
  });
  if (assertFormats) addFormats(ajv);
  const own = inspection.draft === "draft-07" ? withoutSiblings(schema) : schema;
  const validate = ajv.compile(typeof own === "boolean" ? own : withoutDraft(own));
  return { fits: (value) => validate(value) === true, reason: () => reasonOf(validate) };
}

/** Patterns are meant to be read with the u flag; many that are in use are only valid without it. */
const regExp = Object.assign(
  (pattern: string, flags: string): RegExp => {
    try {
      return new RegExp(pattern, flags);
    } catch {
      return new RegExp(pattern);
    }
  },
  { code: "new RegExp" },
);

function reasonOf(validate: ValidateFunction): string {
  const first = validate.errors?.[0];
  if (first === undefined) return "does not fit the schema";
  const reason = `${first.schemaPath}: ${first.message ?? "does not fit"}`;
  return reason.length > REASON_CHARS_MAX ? `${reason.slice(0, REASON_CHARS_MAX)}…` : reason;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A draft that is not known here must not stop the schema from being compiled; the choice of the draft is made already. */
function withoutDraft(schema: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(schema)) throw new Error("a schema must be an object or a boolean");
  const { $schema: _, ...rest } = schema;
  return rest;
}

function refsOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(refsOf);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === "$ref" && typeof child === "string" ? [child] : refsOf(child),
  );
}

const MAPS_OF_SCHEMAS = new Set(["properties", "patternProperties", "definitions", "$defs", "dependencies"]);
const DATA = new Set(["const", "enum", "default", "examples"]);

/** Draft 7 ignores what stands beside a $ref; the compiler does not. */
function withoutSiblings(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutSiblings);
  if (!isRecord(schema)) return schema;
  if (typeof schema["$ref"] === "string") return refAlone(schema, schema["$ref"]);
  return Object.fromEntries(Object.entries(schema).map(([key, child]) => [key, withoutSiblingsAt(key, child)]));
}

/** Definitions beside a $ref can still be referred to. */
function refAlone(schema: Readonly<Record<string, unknown>>, $ref: string): unknown {
  const { definitions, $defs } = schema;
  return {
    $ref,
    ...(definitions === undefined ? {} : { definitions: withoutSiblingsAt("definitions", definitions) }),
    ...($defs === undefined ? {} : { $defs: withoutSiblingsAt("$defs", $defs) }),
  };
}

function withoutSiblingsAt(key: string, child: unknown): unknown {
  if (DATA.has(key)) return child;
  if (!MAPS_OF_SCHEMAS.has(key) || !isRecord(child)) return withoutSiblings(child);
  return Object.fromEntries(Object.entries(child).map(([name, schema]) => [name, withoutSiblings(schema)]));
}
