import { type FSWatcher, watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import type { Catalogue, CatalogueContent } from "./catalogue.ts";
import { isCatalogueFile, readContent } from "./load.ts";

export interface PriceFilesOptions {
  readonly directories: readonly string[];
  readonly catalogue: Catalogue;
  /** Remembers what is new and tells of it; throws if a version changed. */
  readonly announce: (content: CatalogueContent) => Promise<void>;
  /** True while files are newer than the catalogue because they cannot be used. */
  readonly onState: (stale: boolean) => void;
  readonly log: Logger;
  readonly pollMs: number;
  /** What the files say; how it is read, unless a test reads otherwise. */
  readonly read?: (directories: readonly string[]) => Promise<CatalogueContent>;
}

/** A write is several events: they are looked at together. */
const SETTLE_MS = 50;

/** Takes changed catalogue files into use. Files that cannot be used leave the old catalogue in force. */
export class PriceFiles {
  readonly #options: PriceFilesOptions;
  readonly #watchers: FSWatcher[] = [];
  #seen = "";
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: PriceFilesOptions) {
    this.#options = options;
  }

  /** Watches the directories, and also looks at them now and then: not every file system tells. */
  async start(): Promise<void> {
    this.#seen = await fingerprint(this.#options.directories);
    for (const directory of this.#options.directories) this.#watch(directory);
    this.#plan(this.#options.pollMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
    await this.#checking;
  }

  /** Looks at the files now. */
  async check(): Promise<void> {
    this.#checking = this.#checking.then(() => this.#check());
    await this.#checking;
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, () => this.#plan(SETTLE_MS));
      watcher.on("error", () => watcher.close());
      this.#watchers.push(watcher);
    } catch (error) {
      this.#options.log.warn({ err: error, path: directory }, "price files are only looked at now and then");
    }
  }

  #plan(afterMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // A change meanwhile has planned a look of its own, which is sooner.
      void this.check().then(() => {
        if (this.#timer === undefined) this.#plan(this.#options.pollMs);
      });
    }, afterMs);
  }

  async #check(): Promise<void> {
    const { directories, catalogue, announce, onState, log, read = readContent } = this.#options;
    const found = await fingerprint(directories);
    if (found === this.#seen || this.#stopped) return;
    try {
      const content = await read(directories);
      // Half a file may be a whole catalogue of fewer rates, and what is once announced can never change: a file still written is left alone.
      if ((await fingerprint(directories)) !== found) return;
      await announce(content);
      catalogue.replace(content);
      this.#seen = found;
      onState(false);
      log.info({ priced_models: catalogue.modelCount, price_versions: catalogue.prices.length }, "prices reloaded");
    } catch (error) {
      const { code } = SluiceError.from(error);
      if ((await fingerprint(directories)) !== found) return;
      // Wrong files stay wrong until they change again; anything else may pass, and is tried again.
      if (code === "invalid_request") this.#seen = found;
      onState(true);
      log.error({ err: error, error_code: code }, "price files cannot be used; the prices before stay in force");
    }
  }
}

/** Names, sizes and times of all catalogue files. */
async function fingerprint(directories: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const directory of directories) {
    const names = await readdir(directory).catch(() => ["(unreadable)"]);
    for (const name of names.filter(isCatalogueFile).sort()) {
      const file = await stat(join(directory, name)).catch(() => undefined);
      parts.push(`${directory}/${name}:${file?.mtimeMs ?? ""}:${file?.size ?? ""}:${file?.ino ?? ""}`);
    }
    if (names.includes("(unreadable)")) parts.push(`${directory}: unreadable`);
  }
  return parts.join("\n");
}
