// The same sums from a pipe, for the embedded shape: sluice tail ledger --from-start --no-follow --json | node from-tail.ts
import { createInterface } from "node:readline";

interface Fact {
  readonly type: string;
  readonly id: string;
  readonly payload: {
    readonly lines?: readonly {
      readonly account: { readonly kind: string; readonly id: string };
      readonly amount: { readonly unit: string; readonly value?: string };
    }[];
  };
}

const seen = new Set<string>();
const totals = new Map<string, bigint>();
for await (const text of createInterface({ input: process.stdin })) {
  const fact = JSON.parse(text) as Fact;
  if (fact.type !== "ledger.posted" || seen.has(fact.id)) continue;
  seen.add(fact.id);
  for (const { account, amount } of fact.payload.lines ?? []) {
    if (account.kind === "ACCOUNT_KIND_PROVIDER" || amount.unit !== "UNIT_NANOUSD") continue;
    const name = `${account.kind} ${account.id}`;
    totals.set(name, (totals.get(name) ?? 0n) + BigInt(amount.value ?? "0"));
  }
}
const sums = Object.fromEntries([...totals].map(([name, value]) => [name, value.toString()]));
process.stdout.write(`${JSON.stringify(sums)}\n`);
