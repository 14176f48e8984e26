import { createHash } from "node:crypto";

const ALLOWED = /^[a-zA-Z0-9_-]+$/;

/**
 * Ids that pair calls with their results, as this wire accepts them. A history that began elsewhere may hold ids of another
 * form, or none; each is rewritten the same way wherever it stands, and those without one are paired in their order.
 */
export class ToolIds {
  readonly #given = new Map<string, string>();
  readonly #used = new Set<string>();
  /** Calls without an id that no result has answered yet. */
  readonly #unanswered: { readonly name: string; readonly id: string }[] = [];
  #nameless = 0;

  ofCall(id: string, name: string): string {
    if (id !== "") return this.#safe(id);
    this.#nameless += 1;
    const made = this.#safe(`call-without-id-${this.#nameless}`);
    this.#unanswered.push({ name, id: made });
    return made;
  }

  ofResult(id: string, name: string): string {
    if (id !== "") return this.#safe(id);
    const byName = this.#unanswered.findIndex((call) => call.name === name);
    const [call] = this.#unanswered.splice(Math.max(0, byName), 1);
    return call?.id ?? this.ofCall("", name);
  }

  #safe(id: string): string {
    const known = this.#given.get(id);
    if (known !== undefined) return known;
    let safe = ALLOWED.test(id) ? id : id.replaceAll(/[^a-zA-Z0-9_-]/g, "_");
    // Two ids may become alike, also with one that was fine as it stood.
    if (this.#used.has(safe)) safe = `${safe}_${createHash("sha256").update(id).digest("hex").slice(0, 8)}`;
    this.#given.set(id, safe);
    this.#used.add(safe);
    return safe;
  }
}
