import { addressOf, announce, conclude, endOf, type ItemPlace, type OutputItem, WHILE_WRITING } from "./item.ts";

export interface CallHead {
  readonly callId: string;
  readonly name: string;
  /** True for a tool that takes text instead of JSON. */
  readonly custom: boolean;
}

/** A call of a tool that the caller has to run. */
export class CallItem implements OutputItem {
  readonly place: ItemPlace;
  readonly head: CallHead;
  private readonly written: string[] = [];
  private status = WHILE_WRITING;
  private readonly address: string;
  private readonly deltaEvent: string;

  constructor(place: ItemPlace, head: CallHead) {
    this.place = place;
    this.head = head;
    this.address = addressOf(place);
    this.deltaEvent = head.custom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta";
    announce(place, this.print());
  }

  get isOpen(): boolean {
    return this.status === WHILE_WRITING;
  }

  /** True if what was written cannot go on: a whole JSON text. */
  get isWhole(): boolean {
    if (this.head.custom) return false;
    try {
      JSON.parse(this.written.join(""));
      return true;
    } catch {
      // Arguments that are not JSON yet, or never will be, wait for the end of the answer.
      return false;
    }
  }

  add(delta: string): void {
    if (delta === "") return;
    this.written.push(delta);
    this.place.events?.emit(this.deltaEvent, `${this.address},"delta":${JSON.stringify(delta)}`);
  }

  close(cut: boolean): void {
    this.status = endOf(cut);
    const { events } = this.place;
    const whole = JSON.stringify(this.written.join(""));
    if (this.head.custom) events?.emit("response.custom_tool_call_input.done", `${this.address},"input":${whole}`);
    else {
      const name = JSON.stringify(this.head.name);
      events?.emit("response.function_call_arguments.done", `${this.address},"name":${name},"arguments":${whole}`);
    }
    conclude(this.place, this.print());
  }

  print(): object {
    const { callId, name, custom } = this.head;
    const whole = this.written.join("");
    const { id } = this.place;
    if (custom) return { id, type: "custom_tool_call", status: this.status, call_id: callId, name, input: whole };
    return { id, type: "function_call", status: this.status, arguments: whole, call_id: callId, name };
  }
}
