import { SluiceError } from "../errors/index.ts";

/** What may be bound to a statement, on both databases. */
export type SqlValue = null | string | bigint | number | boolean | Uint8Array;

/**
 * Checks a statement's parameters: `undefined` and Date would silently become NULL on SQLite, and a number beyond
 * 2^53 has already lost digits. Whole numbers become bigints so that arithmetic on them stays whole.
 * @throws internal naming the position.
 */
export function checkParameters(parameters: readonly unknown[]): SqlValue[] {
  const checked: SqlValue[] = [];
  // Statements with thousands of parameters come by here: an iterator would make an object for each.
  for (let index = 0; index < parameters.length; index++) checked.push(checkParameter(parameters[index], index));
  return checked;
}

/** Checks the parameter at this position. @throws internal naming the position */
export function checkParameter(value: unknown, index: number): SqlValue {
  switch (typeof value) {
    case "string":
    case "bigint":
    case "boolean":
      return value;
    case "number":
      return checkNumber(value, index);
    case "object":
      if (value === null || value instanceof Uint8Array) return value;
      throw refused(index, `${Object.prototype.toString.call(value)}; pass epoch milliseconds, text or bytes`);
    default:
      throw refused(index, `${typeof value}; pass null for "no value"`);
  }
}

function checkNumber(value: number, index: number): number | bigint {
  if (!Number.isInteger(value)) {
    if (Number.isFinite(value)) return value;
    throw refused(index, `${value}`);
  }
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw refused(index, `the number ${value}, beyond 2^53; pass a bigint`);
}

function refused(index: number, what: string): SluiceError {
  return new SluiceError("internal", `SQL parameter ${index + 1} is ${what}.`);
}
