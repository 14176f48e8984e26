const START_BYTES = 32 * 1024;
const LINE_FEED = 0x0a;

/** Lines as `lineOf` makes them, as bytes one behind the other until they are written together. */
export class LineBuffer {
  #bytes = Buffer.allocUnsafeSlow(START_BYTES);
  #end = 0;

  /** Adds a line of this text, of which `head` and `rest` are the parts; returns how many bytes it has. */
  add(head: string, rest = ""): number {
    const start = this.#end;
    const length = `${head.length + rest.length} `;
    this.#grow(length.length + 3 * (head.length + rest.length) + 1);
    let end = start + this.#bytes.write(length, start, "latin1");
    end += this.#bytes.write(head, end);
    if (rest !== "") end += this.#bytes.write(rest, end);
    this.#bytes[end] = LINE_FEED;
    this.#end = end + 1;
    return this.#end - start;
  }

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  /** All lines since the last call. What is returned is good until the next line is added: it is written at once. */
  take(): Uint8Array {
    const lines = this.#bytes.subarray(0, this.#end);
    this.#end = 0;
    // One turn with large facts must not keep their room for ever.
    if (this.#bytes.length > 16 * START_BYTES) this.#bytes = Buffer.allocUnsafeSlow(START_BYTES);
    return lines;
  }

  #grow(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#end + more));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}
