import { test } from "node:test";
import { type Shape, type System, type SystemOptions, shapes, startSystem } from "../../harness/system.ts";

/** One sentence about behaviour and its proof, on a system that other cases use too. */
export type Case = readonly [sentence: string, prove: (system: System) => Promise<void>];

/** Proves the cases in order in every shape of this run, each shape on one system of its own. */
export function proveInEachShape(
  title: string,
  cases: readonly Case[],
  options: Omit<SystemOptions, "shape"> = {},
): void {
  for (const shape of shapes()) proveIn(shape, title, cases, options);
}

function proveIn(shape: Shape, title: string, cases: readonly Case[], options: Omit<SystemOptions, "shape">): void {
  test(`${title} (${shape})`, async (t) => {
    const system = await startSystem({ shape, ...options });
    t.after(() => system.stop());
    for (const [sentence, prove] of cases) await t.test(sentence, () => prove(system));
  });
}
