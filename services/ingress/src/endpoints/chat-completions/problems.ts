import { SluiceError } from "@sluice/platform/errors";
import type { z } from "zod";

const SHOWN = 5;
const VALUE_SHOWN = 40;

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

const NOUNS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** Faults of one request, each with the path of its field as the caller spelled it. */
export class Problems {
  private readonly found: { readonly path: string; readonly text: string }[] = [];

  /** Notes one fault; `text` completes the sentence that begins with the path. */
  add(path: string, text: string): void {
    this.found.push({ path, text });
  }

  /** @throws invalid_request that names every fault noted, up to five; `param` is the first one's path. */
  throwIfAny(): void {
    const first = this.found[0];
    if (first === undefined) return;
    const shown = this.found.slice(0, SHOWN).map(({ path, text }) => `${path} ${text}`);
    const more = this.found.length > SHOWN ? `; and ${this.found.length - SHOWN} more` : "";
    throw new SluiceError("invalid_request", `Invalid request: ${shown.join("; ")}${more}.`, {
      details: { param: first.path },
    });
  }
}

/** Notes every issue zod found in `body`, which lies at `under` in the request. */
export function addIssues(problems: Pick<Problems, "add">, body: unknown, issues: readonly Issue[], under = ""): void {
  const into = under === "" ? problems : { add: (path: string, text: string) => problems.add(join(under, path), text) };
  for (const issue of issues) describe(into, body, issue, issue.path);
}

const join = (under: string, path: string): string => (path.startsWith("[") ? `${under}${path}` : `${under}.${path}`);

/** A path as it is written in code: `messages[2].content[0].type`. */
export function printPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text === "" ? "body" : text;
}

function describe(problems: Pick<Problems, "add">, body: unknown, issue: Issue, path: Path): void {
  if (issue.code === "invalid_union") {
    describeUnion(problems, body, issue, path);
    return;
  }
  problems.add(printPath(path), sentence(issue, valueAt(body, path)));
}

/** Of a union's branches the one whose kind of value was given is what the caller meant; without one, all are named. */
function describeUnion(
  problems: Pick<Problems, "add">,
  body: unknown,
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
): void {
  const branches = issue.errors.filter((branch) => branch.length > 0);
  const meant = branches.find(
    (branch) => !branch.some((inner) => inner.code === "invalid_type" && inner.path.length === 0),
  );
  if (meant !== undefined) {
    for (const inner of meant) describe(problems, body, inner, [...path, ...inner.path]);
    return;
  }
  const nouns = branches.flatMap((branch) =>
    branch.map((inner) => (inner.code === "invalid_type" ? noun(inner.expected) : "")),
  );
  const wanted = [...new Set(nouns)].filter((text) => text !== "").join(" or ");
  problems.add(printPath(path), expectation(wanted, valueAt(body, path)));
}

function sentence(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return expectation(noun(issue.expected), value);
    case "invalid_value":
      return `must be one of ${issue.values.map((allowed) => JSON.stringify(allowed)).join(", ")}; got ${show(value)}`;
    case "too_big":
      return `must ${atMost(issue.origin, Number(issue.maximum))}; got ${measure(value)}`;
    case "too_small":
      return `must ${atLeast(issue.origin, Number(issue.minimum))}; got ${measure(value)}`;
    default:
      return `is not valid: ${issue.message}`;
  }
}

function expectation(wanted: string, value: unknown): string {
  return value === undefined ? `is required: ${wanted}` : `must be ${wanted}; got ${typeName(value)}`;
}

const noun = (expected: string): string => NOUNS[expected] ?? expected;

const atMost = (origin: string, limit: number): string =>
  origin === "string"
    ? `have at most ${limit} characters`
    : origin === "array"
      ? `have at most ${limit} entries`
      : `be at most ${limit}`;

const atLeast = (origin: string, limit: number): string =>
  origin === "string"
    ? `have at least ${limit} characters`
    : origin === "array"
      ? `have at least ${limit} entries`
      : `be at least ${limit}`;

function measure(value: unknown): string {
  if (typeof value === "string" || Array.isArray(value)) return String(value.length);
  return show(value);
}

function show(value: unknown): string {
  if (typeof value === "object" && value !== null) return typeName(value);
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > VALUE_SHOWN ? `${text.slice(0, VALUE_SHOWN)}…` : text;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return Number.isFinite(value) ? `the number ${value}` : "a number beyond all bounds";
  return NOUNS[typeof value] ?? typeof value;
}

function valueAt(body: unknown, path: Path): unknown {
  let value = body;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}
