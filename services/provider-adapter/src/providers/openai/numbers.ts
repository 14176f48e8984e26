interface Known {
  readonly number: number;
  readonly id: string;
}

/** Numbers the tool calls of one choice: by the wire's index, or by their ids where a provider repeats or omits it. */
export class ToolCallNumbers {
  readonly #byIndex = new Map<number, Known>();
  /** Calls of functions whose arguments have not begun. */
  readonly #silent = new Set<number>();
  #count = 0;

  /** The call's number and whether this is its first delta. */
  numberOf(index: number | undefined, id: string): { readonly number: number; readonly first: boolean } {
    const key = index ?? (id === "" ? Math.max(0, this.#count - 1) : this.#count);
    const known = this.#byIndex.get(key);
    if (known !== undefined && (id === "" || known.id === "" || known.id === id))
      return { number: known.number, first: false };
    const fresh = { number: this.#count, id };
    this.#count += 1;
    this.#byIndex.set(key, fresh);
    return { number: fresh.number, first: true };
  }

  /** Notes a delta of a function call: whether its arguments have begun. */
  note(number: number, first: boolean, argumentsJson: string): void {
    if (argumentsJson !== "") this.#silent.delete(number);
    else if (first) this.#silent.add(number);
  }

  /** The calls that came without any arguments, each told once. */
  takeSilent(): readonly number[] {
    if (this.#silent.size === 0) return [];
    const numbers = [...this.#silent];
    this.#silent.clear();
    return numbers;
  }
}

/** Numbers the reasoning blocks of one choice in the order they begin. */
export class BlockNumbers {
  readonly #byKey = new Map<string, number>();

  numberOf(key: string): number {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const fresh = this.#byKey.size;
    this.#byKey.set(key, fresh);
    return fresh;
  }
}

/** What is counted within one choice. */
export class ChoiceNumbers {
  readonly calls = new ToolCallNumbers();
  readonly blocks = new BlockNumbers();
}
