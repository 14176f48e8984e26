/** A setting that could not be carried over: where it stands, and what to do about it. */
export interface Left {
  readonly where: string;
  readonly why: string;
}

/** A foreign configuration, read key by key: whatever nobody has asked for is told at the end, so that nothing is dropped in silence. */
export class ForeignMap {
  readonly path: string;
  private readonly entries: Map<string, unknown>;
  private readonly left: Left[];

  constructor(value: unknown, path: string, left: Left[]) {
    this.path = path;
    this.left = left;
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    this.entries = new Map(isMap ? Object.entries(value) : []);
    if (!isMap && value !== undefined && value !== null) this.tell("", "a mapping of keys was expected here");
  }

  /** The text of a key; a number counts as its digits. Undefined if absent or empty. */
  text(key: string): string | undefined {
    const value = this.take(key);
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string" || typeof value === "number") return String(value);
    this.tell(key, "a text was expected here");
    return undefined;
  }

  /** The number of a key, also if it is written as a text. */
  number(key: string): number | undefined {
    const value = this.take(key);
    if (value === undefined || value === null) return undefined;
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number === "number" && Number.isFinite(number)) return number;
    this.tell(key, "a number was expected here");
    return undefined;
  }

  /** The mapping of a key, empty if absent. */
  map(key: string): ForeignMap {
    return new ForeignMap(this.take(key), this.at(key), this.left);
  }

  /** The mappings of a list; what is none is told. */
  maps(key: string): readonly ForeignMap[] {
    return this.list(key).map((value, index) => new ForeignMap(value, `${this.at(key)}[${index}]`, this.left));
  }

  /** The texts of a list; what is none is told. */
  texts(key: string): readonly string[] {
    return this.list(key).flatMap((value, index) => {
      if (typeof value === "string") return [value];
      this.tell(`${key}[${index}]`, "a text was expected here");
      return [];
    });
  }

  /** The names of all keys not asked for yet. */
  keys(): readonly string[] {
    return [...this.entries.keys()];
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }

  /** Says that a key, if it is there, is not carried over, and why. */
  leave(key: string, why: string): void {
    if (this.entries.delete(key)) this.tell(key, why);
  }

  /** Says that everything not asked for is not carried over. */
  leaveRest(why: string): void {
    for (const key of this.keys()) this.leave(key, why);
  }

  /** Tells something about a key of this mapping; "" is the mapping itself. */
  tell(key: string, why: string): void {
    this.left.push({ where: key === "" ? this.path : this.at(key), why });
  }

  private list(key: string): readonly unknown[] {
    const value = this.take(key);
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    this.tell(key, "a list was expected here");
    return [];
  }

  private take(key: string): unknown {
    const value = this.entries.get(key);
    this.entries.delete(key);
    return value;
  }

  private at(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }
}
