import { StringDecoder } from "node:string_decoder";
import { SluiceError } from "@sluice/platform/errors";
import type { EventCutter, OnEvent } from "./event-cutter.ts";

/** Splits decoded text into lines (LF, CRLF, lone CR), searching each character once however the text was cut. */
class LineSplitter {
  readonly #maxLength: number;
  readonly #onLine: (line: string) => void;
  #carry = "";
  #afterReturn = false;

  constructor(maxLength: number, onLine: (line: string) => void) {
    this.#maxLength = maxLength;
    this.#onLine = onLine;
  }

  get rest(): string {
    return this.#carry;
  }

  push(text: string): void {
    let fresh = text;
    if (this.#afterReturn && fresh.length > 0) {
      this.#afterReturn = false;
      if (fresh.charCodeAt(0) === 10) fresh = fresh.slice(1);
    }
    if (fresh.includes("\r")) {
      this.#afterReturn = fresh.endsWith("\r");
      fresh = fresh.replace(/\r\n?/g, "\n");
    }
    let from = 0;
    for (let to = fresh.indexOf("\n"); to !== -1; to = fresh.indexOf("\n", from)) {
      const line = fresh.slice(from, to);
      from = to + 1;
      if (this.#carry === "") {
        this.#check(line.length);
        this.#onLine(line);
      } else {
        const whole = this.#carry + line;
        this.#carry = "";
        this.#check(whole.length);
        this.#onLine(whole);
      }
    }
    if (from < fresh.length) this.#carry += from === 0 ? fresh : fresh.slice(from);
    this.#check(this.#carry.length);
  }

  #check(length: number): void {
    if (length <= this.#maxLength) return;
    throw new SluiceError(
      "upstream_bad_response",
      `The provider sent a stream line longer than ${this.#maxLength} characters; the answer was given up.`,
    );
  }
}

/** Collects the fields of one event; https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
class EventBuilder {
  readonly #maxLength: number;
  emit: OnEvent = () => undefined;
  #name = "";
  #data: string | undefined;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  line(line: string): void {
    if (line === "") {
      this.flush(true);
      return;
    }
    if (line.startsWith("data:")) {
      this.#append(line.slice(line.charCodeAt(5) === 32 ? 6 : 5));
    } else if (line.startsWith("event:")) {
      this.#name = line.slice(line.charCodeAt(6) === 32 ? 7 : 6);
    } else if (line === "data") {
      this.#append("");
    }
  }

  flush(complete: boolean): void {
    const data = this.#data;
    const name = this.#name;
    this.#data = undefined;
    this.#name = "";
    if (data !== undefined) this.emit(name, data, complete);
  }

  #append(value: string): void {
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    if (this.#data.length > this.#maxLength) {
      throw new SluiceError(
        "upstream_bad_response",
        `The provider sent a stream event longer than ${this.#maxLength} characters; the answer was given up.`,
      );
    }
  }
}

/** Makes a reader of one stream. `maxLineLength` bounds a line and an event, in characters. */
export function createSseReader(maxLineLength: number): EventCutter {
  const decoder = new StringDecoder("utf8");
  const event = new EventBuilder(maxLineLength);
  const lines = new LineSplitter(maxLineLength, (line) => event.line(line));
  let atStart = true;
  const take = (text: string): void => {
    if (text === "") return;
    // A byte order mark is allowed once, before the first line.
    const fresh = atStart && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    atStart = false;
    lines.push(fresh);
  };
  return {
    push(bytes, emit) {
      event.emit = emit;
      take(decoder.write(bytes));
    },
    end(emit) {
      event.emit = emit;
      take(decoder.end());
      const unterminated = lines.rest !== "";
      if (unterminated) event.line(lines.rest);
      event.flush(!unterminated);
    },
  };
}

/** Makes a reader of a stream with one event a line; blank lines are none. `maxLineLength` bounds a line, in characters. */
export function createLineReader(maxLineLength: number): EventCutter {
  const decoder = new StringDecoder("utf8");
  let emit: OnEvent = () => undefined;
  const lines = new LineSplitter(maxLineLength, (line) => {
    if (line.trim() !== "") emit("", line, true);
  });
  return {
    push(bytes, onEvent) {
      emit = onEvent;
      lines.push(decoder.write(bytes));
    },
    end(onEvent) {
      emit = onEvent;
      lines.push(decoder.end());
      if (lines.rest.trim() !== "") emit("", lines.rest, false);
    },
  };
}
