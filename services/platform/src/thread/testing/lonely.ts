import { Thread } from "../index.ts";

/** A process whose thread dies while nobody asks it anything. */
const entry = new URL("./parrot.ts", import.meta.url);
const thread = await Thread.start({ name: "the test", entry, data: 0 });
thread.ask("die").catch(() => undefined);
setInterval(() => undefined, 1_000);
