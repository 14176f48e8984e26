import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createLogger } from "@sluice/platform/log";
import type { Catalogue, CatalogueContent } from "./catalogue.ts";
import { loadCatalogue, readContent } from "./load.ts";
import { PriceFiles } from "./reload.ts";

const fileOf = (...versions: readonly string[]): string =>
  ["provider: x", "source: s", "retrieved: r", "prices:", "  - price_id: x/y", "    versions:", ...versions, ""].join(
    "\n",
  );
const version = (name: string, input: number): string =>
  `      - { version: "${name}", valid_from: "${name}T00:00:00Z", input: ${input}, output: 2 }`;
const NOW = Date.parse("2026-06-01T00:00:00Z");

interface World {
  readonly catalogue: Catalogue;
  readonly files: PriceFiles;
  readonly announced: CatalogueContent[];
  readonly states: boolean[];
  write(name: string, text: string): Promise<void>;
}

/** What happens when prices are announced, or while they are read. */
interface Happening {
  readonly refuse?: () => Error | undefined;
  readonly whileRead?: (write: World["write"]) => Promise<void>;
}

async function openWorld(
  t: TestContext,
  { refuse = () => undefined, whileRead = async () => undefined }: Happening = {},
): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-prices-"));
  const write = async (name: string, text: string): Promise<void> => {
    await writeFile(join(directory, `${name}.new`), text);
    await rename(join(directory, `${name}.new`), join(directory, name));
  };
  await write("x.yaml", fileOf(version("2026-01-01", 1)));
  const catalogue = await loadCatalogue([directory]);
  const announced: CatalogueContent[] = [];
  const states: boolean[] = [];
  const files = new PriceFiles({
    directories: [directory],
    catalogue,
    announce: async (content) => {
      const error = refuse();
      if (error !== undefined) throw error;
      announced.push(content);
    },
    onState: (stale) => states.push(stale),
    log: createLogger({ service: "test", level: "silent" }),
    pollMs: 3_600_000,
    read: async (directories) => {
      const content = await readContent(directories);
      await whileRead(write);
      return content;
    },
  });
  await files.start();
  t.after(async () => {
    await files.stop();
    await rm(directory, { recursive: true });
  });
  return { catalogue, files, announced, states, write };
}

test("a new version is in force once its file was looked at, and the old one stays known", async (t) => {
  const { catalogue, files, announced, write } = await openWorld(t);
  await write("x.yaml", fileOf(version("2026-02-01", 5)));
  await files.check();
  assert.equal(catalogue.at("x/y", NOW)?.rates.input, 5n);
  assert.equal(catalogue.version("x/y@2026-01-01")?.rates.input, 1n);
  assert.equal(announced.length, 1);
  await files.check();
  assert.equal(announced.length, 1);
});

test("a file that cannot be used leaves the old prices in force until it is mended", async (t) => {
  const { catalogue, files, states, write } = await openWorld(t);
  await write("broken.yaml", "provider: [");
  await files.check();
  assert.equal(catalogue.at("x/y", NOW)?.rates.input, 1n);
  assert.deepEqual(states, [true]);
  await write("broken.yaml", fileOf(version("2026-03-01", 7)));
  await files.check();
  assert.equal(catalogue.at("x/y", NOW)?.rates.input, 7n);
  assert.deepEqual(states, [true, false]);
});

test("prices nobody could be told of are not used, and tried again", async (t) => {
  const failures = [new Error("the books are away")];
  const { catalogue, files, write } = await openWorld(t, { refuse: () => failures.shift() });
  await write("x.yaml", fileOf(version("2026-02-01", 5)));
  await files.check();
  assert.equal(catalogue.at("x/y", NOW)?.rates.input, 1n);
  await files.check();
  assert.equal(catalogue.at("x/y", NOW)?.rates.input, 5n);
});

test("a file that is written while it is read is not announced before it is whole", async (t) => {
  const rest = [fileOf(version("2026-02-01", 5), version("2026-03-01", 7))];
  const { catalogue, files, announced, write } = await openWorld(t, {
    whileRead: async (writeMore) => {
      const text = rest.shift();
      if (text !== undefined) await writeMore("x.yaml", text);
    },
  });
  await write("x.yaml", fileOf(version("2026-02-01", 5)));
  await files.check();
  await files.check();
  assert.deepEqual(
    announced.map(({ prices }) => prices.length),
    [2],
  );
  assert.equal(catalogue.at("x/y", NOW)?.rates.input, 7n);
});
