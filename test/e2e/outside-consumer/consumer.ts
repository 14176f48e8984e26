// An outside consumer: reads the ledger's stream from its beginning over NATS and sums it up per account.
// Usage: node consumer.ts nats://HOST:PORT USER PASSWORD_FILE    (stops at the stream's end, prints the totals as JSON)
import { readFileSync } from "node:fs";
import { connect } from "nats";

interface Line {
  readonly account: { readonly kind: string; readonly id: string };
  readonly amount: { readonly unit: string; readonly value?: string };
}

const [servers, user, passwordFile] = process.argv.slice(2);
if (servers === undefined || user === undefined || passwordFile === undefined) {
  process.stderr.write("usage: node consumer.ts SERVERS USER PASSWORD_FILE\n");
  process.exit(2);
}
const connection = await connect({ servers, user, pass: readFileSync(passwordFile, "utf8").trim() });
const stream = await connection.jetstream().streams.get("SLUICE_LEDGER");
const last = (await stream.info()).state.last_seq;
const consumer = await stream.getConsumer({});
const seen = new Set<string>();
const totals = new Map<string, bigint>();

for await (const message of await consumer.consume()) {
  // Facts come at least once: the fact's own id tells a repeated one.
  const id = message.headers?.get("Nats-Msg-Id") ?? "";
  if (message.headers?.get("Sluice-Type") === "ledger.posted" && !seen.has(id)) {
    seen.add(id);
    const posted = message.json<{ readonly lines: readonly Line[] }>();
    for (const { account, amount } of posted.lines) {
      if (account.kind === "ACCOUNT_KIND_PROVIDER" || amount.unit !== "UNIT_NANOUSD") continue;
      const name = `${account.kind} ${account.id}`;
      totals.set(name, (totals.get(name) ?? 0n) + BigInt(amount.value ?? "0"));
    }
  }
  if (message.seq >= last) break;
}
await connection.close();
const sums = Object.fromEntries([...totals].map(([name, value]) => [name, value.toString()]));
process.stdout.write(`${JSON.stringify(sums)}\n`);
