import type { Logger } from "@sluice/platform/log";
import { isVocabulary, loadVocabulary } from "./load-vocabulary.ts";
import type { TextCounter } from "./text-counter.ts";

/** The vocabularies of this process, each loaded when it is first asked for: an idle gateway has none. */
export class Vocabularies {
  readonly #log: Logger;
  readonly #loaded = new Map<string, TextCounter>();
  readonly #loading = new Map<string, Promise<TextCounter | undefined>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The counter, if it is there; else it will be soon, and whoever asks does without. */
  now(name: string): TextCounter | undefined {
    const loaded = this.#loaded.get(name);
    if (loaded === undefined) void this.ready(name);
    return loaded;
  }

  /** The counter once it is loaded; undefined if there is none of this name, or it cannot be read. */
  ready(name: string): Promise<TextCounter | undefined> {
    if (!isVocabulary(name)) return Promise.resolve(undefined);
    const known = this.#loading.get(name);
    if (known !== undefined) return known;
    const loading = this.#load(name);
    this.#loading.set(name, loading);
    return loading;
  }

  async #load(name: string): Promise<TextCounter | undefined> {
    try {
      const counter = await loadVocabulary(name);
      this.#loaded.set(name, counter);
      return counter;
    } catch (error) {
      // Bytes bound the prompts then; the installation is broken, and trying again would not mend it.
      this.#log.error({ err: error, vocabulary: name }, "vocabulary not loaded");
      return undefined;
    }
  }
}
