import { withTimeLimit } from "../time-limit.ts";
import { compileSchema, loadSchemaTools, type Validator } from "./compile-schema.ts";
import { type Inspection, inspectSchema, type SchemaLimits } from "./inspect-schema.ts";

/** Whether a value fits a schema; `unchecked` means that nobody can say, with the reason. */
export interface Fit {
  readonly outcome: "fits" | "unfit" | "unchecked";
  readonly detail: string;
}

export interface SchemasOptions extends SchemaLimits {
  /** Schemas kept compiled. */
  readonly keptMax: number;
  /** Milliseconds a schema may take to be compiled. */
  readonly compileMsMax: number;
  /** Milliseconds an answer may take to be held against a schema. */
  readonly validateMsMax: number;
  /** Whether a value that breaks its `format` is unfit. */
  readonly assertFormats: boolean;
}

const FITS: Fit = { outcome: "fits", detail: "" };
/** A plain schema needs no time limit below this product of its size and the answer's. */
const WORK_MAX = 2_000_000;
/** So often may a schema run out of time before it is given up: the machine may have been busy. */
const STRIKES = 3;

interface Entry {
  readonly validator?: Validator;
  readonly inspection?: Inspection;
  /** Why nothing can be held against the schema; empty if it can. */
  problem: string;
  strikes: number;
}

/**
 * Schemas by their text, compiled once; the least recently used go first. Schemas come from callers: their size, the time to compile
 * them and the time to use them are bounded, and nothing is fetched.
 */
export class Schemas {
  readonly #options: SchemasOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: SchemasOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Holds a parsed value against a schema. `chars` is the length of the text the value came from. Never throws. */
  check(schemaText: string, value: unknown, chars: number): Fit {
    if (schemaText.length > this.#options.charsMax) {
      return unchecked(`the schema is longer than ${this.#options.charsMax} characters`);
    }
    const entry = this.#entry(schemaText);
    if (entry.problem !== "" || entry.validator === undefined) return unchecked(entry.problem);
    try {
      return this.#validate(entry, entry.validator, { value, chars });
    } catch (error) {
      return unchecked(`the schema could not be applied: ${error instanceof Error ? error.name : "error"}`);
    }
  }

  #validate(entry: Entry, validator: Validator, data: { readonly value: unknown; readonly chars: number }): Fit {
    const { inspection } = entry;
    if (inspection?.plain === true && inspection.expanded * data.chars <= WORK_MAX) {
      return validator.fits(data.value) ? FITS : { outcome: "unfit", detail: validator.reason() };
    }
    const timed = withTimeLimit(this.#options.validateMsMax, () => validator.fits(data.value));
    if (timed.done) return timed.value ? FITS : { outcome: "unfit", detail: validator.reason() };
    if (++entry.strikes >= STRIKES) entry.problem = "the schema takes too long to apply";
    return unchecked("the schema takes too long to apply");
  }

  #entry(text: string): Entry {
    const known = this.#entries.get(text);
    if (known !== undefined) {
      this.#entries.delete(text);
      this.#entries.set(text, known);
      if (known.validator !== undefined || known.strikes === 0 || known.strikes >= STRIKES) return known;
    }
    const entry = this.#compile(text, known?.strikes ?? 0);
    this.#entries.set(text, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#options.keptMax && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }

  #compile(text: string, strikes: number): Entry {
    try {
      const schema: unknown = JSON.parse(text);
      const inspection = inspectSchema(schema, this.#options);
      if (inspection.problem !== "") return { problem: inspection.problem, strikes: 0 };
      loadSchemaTools();
      const compiled = withTimeLimit(this.#options.compileMsMax, () =>
        compileSchema(schema, inspection, this.#options.assertFormats),
      );
      if (compiled.done) return { validator: compiled.value, inspection, problem: "", strikes: 0 };
      return { problem: "the schema takes too long to compile", strikes: strikes + 1 };
    } catch (error) {
      return { problem: problemOf(error), strikes: 0 };
    }
  }
}

function unchecked(detail: string): Fit {
  return { outcome: "unchecked", detail };
}

function problemOf(error: unknown): string {
  if (error instanceof Error && "missingRef" in error) return "the schema refers to another document";
  return "the schema is not valid";
}
