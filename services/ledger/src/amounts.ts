/** What an attempt holds or consumed. All tokens are input plus output tokens, so they are derived and never stored. */
export interface Amounts {
  readonly nanousd: bigint;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
}

/** What a limit can count. */
export const UNITS = ["nanousd", "tokens", "input_tokens", "output_tokens"] as const;
export type UnitName = (typeof UNITS)[number];

export const NOTHING: Amounts = Object.freeze({ nanousd: 0n, inputTokens: 0n, outputTokens: 0n });

/** The amount a limit of this unit looks at. */
export function inUnit(amounts: Amounts, unit: UnitName): bigint {
  switch (unit) {
    case "nanousd":
      return amounts.nanousd;
    case "tokens":
      return amounts.inputTokens + amounts.outputTokens;
    case "input_tokens":
      return amounts.inputTokens;
    case "output_tokens":
      return amounts.outputTokens;
  }
}

export function plus(a: Amounts, b: Amounts): Amounts {
  return {
    nanousd: a.nanousd + b.nanousd,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
  };
}

export function minus(a: Amounts, b: Amounts): Amounts {
  return {
    nanousd: a.nanousd - b.nanousd,
    inputTokens: a.inputTokens - b.inputTokens,
    outputTokens: a.outputTokens - b.outputTokens,
  };
}

export function sameAmounts(a: Amounts, b: Amounts): boolean {
  return a.nanousd === b.nanousd && a.inputTokens === b.inputTokens && a.outputTokens === b.outputTokens;
}
