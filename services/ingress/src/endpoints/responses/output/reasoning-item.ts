import { type Carried, printCarried } from "../../../answer/carried.ts";
import { addressOf, announce, conclude, type ItemPlace, type OutputItem } from "./item.ts";

/** What the model thought, or the proof of a call: as readable text where there is any, and as a text only its provider can read. */
export class ReasoningItem implements OutputItem {
  readonly place: ItemPlace;
  private readonly text: string[] = [];
  private readonly withProof: boolean;
  private proof: Carried;
  private open = true;
  private readonly address: string;

  /** `withProof` if its events may show the proof. */
  constructor(place: ItemPlace, proof: Carried, withProof: boolean) {
    this.place = place;
    this.proof = proof;
    this.withProof = withProof;
    this.address = `${addressOf(place)},"summary_index":0`;
    announce(place, this.print(false));
  }

  get isOpen(): boolean {
    return this.open;
  }

  addText(delta: string): void {
    const { events } = this.place;
    if (this.text.length === 0) {
      events?.emit("response.reasoning_summary_part.added", `${this.address},"part":{"type":"summary_text","text":""}`);
    }
    this.text.push(delta);
    events?.emit("response.reasoning_summary_text.delta", `${this.address},"delta":${JSON.stringify(delta)}`);
  }

  /** Notes what the provider says of the block beside its text; what it says last counts. */
  addProof(over: Partial<Carried>): void {
    this.proof = { ...this.proof, ...over };
  }

  close(): void {
    this.open = false;
    const { events } = this.place;
    if (this.text.length > 0) {
      const whole = JSON.stringify(this.text.join(""));
      events?.emit("response.reasoning_summary_text.done", `${this.address},"text":${whole}`);
      const part = `"part":{"type":"summary_text","text":${whole}}`;
      events?.emit("response.reasoning_summary_part.done", `${this.address},${part}`);
    }
    conclude(this.place, this.print(this.withProof));
  }

  print(withProof: boolean): object {
    const proved = withProof && this.proof.signature !== "";
    return {
      id: this.place.id,
      type: "reasoning",
      summary: this.text.length === 0 ? [] : [{ type: "summary_text", text: this.text.join("") }],
      ...(proved && { encrypted_content: printCarried(this.proof) }),
    };
  }
}
