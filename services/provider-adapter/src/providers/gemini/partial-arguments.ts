import { isObject, objectsOf, textOf } from "./wire.ts";

/** Deepest path and longest list index that are believed; arguments beyond them are no arguments of a tool. */
const DEPTH_MAX = 64;
const INDEX_MAX = 10_000;

type Step = string | number;

const STEP = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/gy;

/** The steps of a JSON path (RFC 9535) without wildcards, e.g. `$.places[0].name`; undefined if it is none. */
export function parsePath(path: string): readonly Step[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: Step[] = [];
  let at = 1;
  while (at < path.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (match === null || steps.length === DEPTH_MAX) return undefined;
    const [whole, name, index, single, double] = match;
    steps.push(index === undefined ? (name ?? (single ?? double ?? "").replace(/\\(.)/g, "$1")) : Number(index));
    at += whole.length;
  }
  return steps;
}

type Container = Record<string, unknown> | unknown[];

function read(container: Container, step: Step): unknown {
  if (Array.isArray(container)) return container[Number(step)];
  return Object.hasOwn(container, String(step)) ? container[String(step)] : undefined;
}

function write(container: Container, step: Step, value: unknown): void {
  if (Array.isArray(container)) {
    if (typeof step === "number" && step <= INDEX_MAX) container[step] = value;
    return;
  }
  // Defined, not assigned: an argument may be called "__proto__".
  Object.defineProperty(container, String(step), { value, writable: true, enumerable: true, configurable: true });
}

function containerAt(container: Container, step: Step, next: Step): Container {
  const known = read(container, step);
  if (Array.isArray(known)) return known as unknown[];
  if (isObject(known)) return known as Record<string, unknown>;
  const fresh: Container = typeof next === "number" ? [] : {};
  write(container, step, fresh);
  return fresh;
}

function pieceValue(piece: Readonly<Record<string, unknown>>): unknown {
  for (const field of ["stringValue", "numberValue", "boolValue"]) if (piece[field] !== undefined) return piece[field];
  return "nullValue" in piece ? null : undefined;
}

/** Arguments of a function call that arrive in pieces, each naming the place it belongs to. */
export class PartialArguments {
  readonly #root: Record<string, unknown> = {};
  /** Path of the string that the next piece may go on with. */
  #open = "";

  /** Takes an object that came whole. */
  merge(args: unknown): void {
    if (!isObject(args)) return;
    for (const [name, value] of Object.entries(args)) write(this.#root, name, value);
  }

  /** Takes the pieces of one part. */
  add(pieces: unknown): void {
    for (const piece of objectsOf(pieces)) {
      const path = textOf(piece["jsonPath"]);
      const steps = parsePath(path);
      const value = pieceValue(piece);
      if (steps === undefined || value === undefined) continue;
      this.#set(steps, value, path === this.#open);
      this.#open = piece["willContinue"] === true ? path : "";
    }
  }

  /** The arguments so far as JSON text. */
  toJson(): string {
    return JSON.stringify(this.#root);
  }

  #set(steps: readonly Step[], value: unknown, goesOn: boolean): void {
    let container: Container = this.#root;
    for (const [at, step] of steps.entries()) {
      const next = steps[at + 1];
      if (next !== undefined) {
        container = containerAt(container, step, next);
        continue;
      }
      const before = goesOn ? read(container, step) : undefined;
      const joins = typeof before === "string" && typeof value === "string";
      write(container, step, joins ? before + value : value);
    }
  }
}
