/** Places holds without end in the file it is given, and says how many were answered. The test kills it. */
import { EmbeddedHoldStore } from "../../services/ledger/src/holds/embedded-store.ts";
import { nano, termsOf } from "./holds-kit.ts";

const store = new EmbeddedHoldStore(process.argv[2] ?? "");
let answered = 0;
for (;;) {
  const ids = Array.from({ length: 20 }, (_, index) => `h${answered + index}`);
  await Promise.all(ids.map(async (id) => (await store.place(termsOf("acme", id, nano(1n)))).durable));
  answered += ids.length;
  if (answered === 400) process.stdout.write(`answered ${answered}\n`);
}
