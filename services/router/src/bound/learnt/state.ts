import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";

const count = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER);
const family = z.object({
  usual: z.number().positive(),
  extra: count,
  ratio: z.object({ seen: count, bins: z.array(z.tuple([z.int().nonnegative(), count])).max(10_000) }),
});
const state = z.object({
  // One more whenever weights change: what was learnt is told in multiples of them.
  version: z.literal(2),
  families: z.record(z.string().max(1_024), family),
  lengths: z.record(z.string().max(1_024), z.tuple([count, count])),
});

/** What the file of learnt figures holds. */
export type LearntState = z.output<typeof state>;

/** Reads the figures; undefined if there are none. @throws whatever makes them unreadable */
export async function readState(path: string): Promise<LearntState | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return state.parse(JSON.parse(text));
}

/** Writes the figures so that a reader, and a start after a crash, finds the old ones or the new ones, never half of them. */
export async function writeState(path: string, figures: LearntState): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.draft`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(JSON.stringify(figures));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
