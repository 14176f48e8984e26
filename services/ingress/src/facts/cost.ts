const NANO_PER_USD = 1_000_000_000n;

/** Prints nano-USD as a decimal of US dollars, exactly and without trailing zeros: 1500000n is "0.0015". */
export function printUsd(nanoUsd: bigint): string {
  const amount = nanoUsd < 0n ? -nanoUsd : nanoUsd;
  const fraction = (amount % NANO_PER_USD).toString().padStart(9, "0").replace(/0+$/, "");
  const sign = nanoUsd < 0n ? "-" : "";
  return `${sign}${amount / NANO_PER_USD}${fraction === "" ? "" : `.${fraction}`}`;
}
