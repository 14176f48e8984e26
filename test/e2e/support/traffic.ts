import { eventually } from "../../harness/index.ts";
import type { System } from "../../harness/system.ts";
import { chat } from "./chat.ts";

export interface TrafficOptions {
  /** Clients that ask one after the other. */
  readonly clients: number;
  readonly model: string;
  readonly maxTokens: number;
  /** Default: the system's first key. */
  readonly apiKey?: string;
}

const RETRY_MS = 50;

/** Clients that ask until they are told to stop, half of them streamed; a refused or broken request is followed by another one. */
export class Traffic {
  readonly #system: System;
  readonly #options: TrafficOptions;
  readonly #clients: Promise<void>[];
  #stopped = false;
  answered = 0;
  failed = 0;
  /** Failures by status and code. */
  readonly failures = new Map<string, number>();

  constructor(system: System, options: TrafficOptions) {
    this.#system = system;
    this.#options = options;
    this.#clients = Array.from({ length: options.clients }, (_, index) => this.#client(index));
  }

  /** Resolves once so many more requests have been answered. */
  async flow(requests: number, before: string): Promise<void> {
    const goal = this.answered + requests;
    await eventually(() => this.answered >= goal, { timeoutMs: 90_000, message: `traffic before ${before}` });
  }

  /** Resolves when every client has its last answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #client(index: number): Promise<void> {
    const { model, maxTokens, apiKey = this.#system.apiKey } = this.#options;
    for (let turn = 0; !this.#stopped; turn++) {
      const urls = this.#system.urls();
      const url = urls[(index + turn) % urls.length] ?? this.#system.url;
      const text = `Request ${index} ${turn}`;
      const outcome = await chat({ url, apiKey, model, maxTokens, stream: (index + turn) % 2 === 0, text });
      if (outcome.ok) {
        this.answered++;
        continue;
      }
      this.failed++;
      const name = `${outcome.status} ${outcome.code}`;
      this.failures.set(name, (this.failures.get(name) ?? 0) + 1);
      // A client's own pause before it repeats; nothing is timed by it.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
