/** The events of one stream as text, numbered in the order they are told. */
export class EventText {
  private text = "";
  private sequence = 0;

  /** Adds an event; `fields` is the inside of its object, without its type and number. */
  emit(type: string, fields: string): void {
    this.text += `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.sequence++},${fields}}\n\n`;
  }

  /** What was added since the last call. */
  take(): string {
    const { text } = this;
    this.text = "";
    return text;
  }
}
