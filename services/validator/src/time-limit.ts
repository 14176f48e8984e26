import { createContext, Script } from "node:vm";

const script = new Script("run()");
const context: { run?: () => unknown } = {};
createContext(context);

export type Timed<T> = { readonly done: true; readonly value: T } | { readonly done: false };

/**
 * Runs synchronous work and breaks it off after `ms` milliseconds, also inside a regular expression. It costs about 0.1 ms, so it is for
 * work whose cost a stranger can drive up (schemas, repairs). The work must not leave anything half done behind.
 * @throws what the work throws.
 */
export function withTimeLimit<T>(ms: number, work: () => T): Timed<T> {
  let result: Timed<T> = { done: false };
  context.run = () => {
    result = { done: true, value: work() };
  };
  try {
    script.runInContext(context, { timeout: Math.max(1, Math.ceil(ms)) });
  } catch (error) {
    if (!isTimeout(error)) throw error;
    return { done: false };
  } finally {
    delete context.run;
  }
  return result;
}

/** The error comes from the other realm: it is no instance of our Error. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}
