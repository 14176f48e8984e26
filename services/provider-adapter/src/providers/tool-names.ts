import { SluiceError } from "@sluice/platform/errors";

/** Stands for a function whose name says nothing. */
const NAMELESS = "unnamed";

/**
 * Name of a function an earlier turn called, in the letters a provider takes: models make names up, and other providers let them. The
 * tools on offer keep their names, whose author learns from the provider what is wrong with them.
 */
export function calledName(name: string, others: RegExp, longest: number): string {
  return name.replaceAll(others, "_").slice(0, longest) || NAMELESS;
}

/** Refuses a demand for tools that are not on offer: nothing a provider could be sent means it. @throws invalid_request */
export function refuseUnknownTool(names: readonly string[]): never {
  const list = names.slice(0, 4).map((name) => `"${name.slice(0, 64)}"`);
  throw new SluiceError("invalid_request", `tool_choice demands ${list.join(", ")}, which is not among the tools.`, {
    details: { param: "tool_choice" },
  });
}
