/**
 * The bill, rebuilt from Sluice's event stream alone: what each account was charged, and what each model cost, in nano-USD.
 *   node bill.ts nats://HOST:PORT USER PASSWORD_FILE                             from NATS, up to the stream's end
 *   npx sluice tail ledger --from-start --no-follow --json | node bill.ts       from a pipe, in either shape
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { connect } from "nats";

/** A 64-bit number is text in these payloads: it never passes through a float. A field that is zero is left out. */
interface Posted {
  readonly provider?: string;
  readonly model?: string;
  readonly amountNanousd?: string;
  readonly lines?: readonly {
    readonly account: { readonly kind: string; readonly id: string };
    readonly amount: { readonly unit: string; readonly value?: string };
  }[];
}
type Facts = AsyncIterable<{ readonly type: string; readonly id: string; readonly payload: Posted }>;

async function* fromNats([servers, user, passwordFile]: readonly string[]): Facts {
  const pass = readFileSync(passwordFile ?? "", "utf8").trim();
  const connection = await connect({ servers: servers ?? "", user: user ?? "", pass });
  const stream = await connection.jetstream().streams.get("SLUICE_LEDGER");
  const last = (await stream.info()).state.last_seq;
  if (last > 0) {
    for await (const message of await (await stream.getConsumer({})).consume()) {
      const header = (name: string): string => message.headers?.get(name) ?? "";
      yield { type: header("Sluice-Type"), id: header("Nats-Msg-Id"), payload: message.json<Posted>() };
      if (message.seq >= last) break;
    }
  }
  await connection.close();
}

async function* fromPipe(): Facts {
  for await (const line of createInterface({ input: process.stdin })) yield JSON.parse(line);
}

const seen = new Set<string>();
const accounts = new Map<string, bigint>();
const models = new Map<string, bigint>();
const add = (sums: Map<string, bigint>, name: string, value: bigint) => sums.set(name, (sums.get(name) ?? 0n) + value);

for await (const { type, id, payload } of process.argv.length > 2 ? fromNats(process.argv.slice(2)) : fromPipe()) {
  // Facts arrive at least once: the fact's own id tells a repeated one.
  if (type !== "ledger.posted" || seen.has(id)) continue;
  seen.add(id);
  add(models, `${payload.provider}/${payload.model}`, BigInt(payload.amountNanousd ?? "0"));
  for (const { account, amount } of payload.lines ?? []) {
    // The provider's side of the double entry is the same money once more, with the other sign.
    if (account.kind === "ACCOUNT_KIND_PROVIDER" || amount.unit !== "UNIT_NANOUSD") continue;
    add(accounts, `${account.kind} ${account.id}`, BigInt(amount.value ?? "0"));
  }
}
const print = (sums: Map<string, bigint>) => Object.fromEntries([...sums].map(([name, sum]) => [name, sum.toString()]));
process.stdout.write(`${JSON.stringify({ accounts: print(accounts), models: print(models) })}\n`);
