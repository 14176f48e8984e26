import { addressOf, announce, conclude, endOf, type ItemPlace, type OutputItem, WHILE_WRITING } from "./item.ts";

type PartType = "output_text" | "refusal";

interface PartState {
  readonly type: PartType;
  readonly text: string[];
  readonly annotations: object[];
  readonly logprobs: object[];
  /** Fields of the part's events. */
  readonly address: string;
}

/** Words of the model: one part of text, and one of refusal if there is one. */
export class MessageItem implements OutputItem {
  readonly place: ItemPlace;
  private readonly parts: PartState[] = [];
  private status = WHILE_WRITING;

  constructor(place: ItemPlace) {
    this.place = place;
    announce(place, this.print());
  }

  get isOpen(): boolean {
    return this.status === WHILE_WRITING;
  }

  /** Adds text with the log probabilities of its tokens. */
  addText(delta: string, logprobs: readonly object[]): void {
    const part = this.partOf("output_text");
    part.text.push(delta);
    for (const entry of logprobs) part.logprobs.push(entry);
    const known = logprobs.length === 0 ? "[]" : JSON.stringify(logprobs);
    this.place.events?.emit(
      "response.output_text.delta",
      `${part.address},"delta":${JSON.stringify(delta)},"logprobs":${known}`,
    );
  }

  /** Adds log probabilities of text that has gone out; they are told with the whole text. */
  addLogprobs(logprobs: readonly object[]): void {
    this.partOf("output_text").logprobs.push(...logprobs);
  }

  addRefusal(delta: string): void {
    const part = this.partOf("refusal");
    part.text.push(delta);
    this.place.events?.emit("response.refusal.delta", `${part.address},"delta":${JSON.stringify(delta)}`);
  }

  addAnnotation(annotation: object): void {
    const part = this.partOf("output_text");
    const place = `"annotation_index":${part.annotations.length}`;
    part.annotations.push(annotation);
    this.place.events?.emit(
      "response.output_text.annotation.added",
      `${part.address},${place},"annotation":${JSON.stringify(annotation)}`,
    );
  }

  close(cut: boolean): void {
    for (const part of this.parts) this.endPart(part);
    this.status = endOf(cut);
    conclude(this.place, this.print());
  }

  print(): object {
    const content = this.parts.map(printPart);
    return { id: this.place.id, type: "message", status: this.status, role: "assistant", content };
  }

  private partOf(type: PartType): PartState {
    const known = this.parts.find((part) => part.type === type);
    if (known !== undefined) return known;
    const address = `${addressOf(this.place)},"content_index":${this.parts.length}`;
    const part: PartState = { type, text: [], annotations: [], logprobs: [], address };
    this.parts.push(part);
    this.place.events?.emit("response.content_part.added", `${address},"part":${JSON.stringify(printPart(part))}`);
    return part;
  }

  private endPart(part: PartState): void {
    const { events } = this.place;
    if (events === undefined) return;
    const whole = JSON.stringify(part.text.join(""));
    if (part.type === "refusal") events.emit("response.refusal.done", `${part.address},"refusal":${whole}`);
    else {
      const logprobs = JSON.stringify(part.logprobs);
      events.emit("response.output_text.done", `${part.address},"text":${whole},"logprobs":${logprobs}`);
    }
    events.emit("response.content_part.done", `${part.address},"part":${JSON.stringify(printPart(part))}`);
  }
}

function printPart({ type, text, annotations, logprobs }: PartState): object {
  const whole = text.join("");
  return type === "refusal" ? { type, refusal: whole } : { type, annotations, logprobs, text: whole };
}
