import { SluiceError } from "../errors/index.ts";

const MAX_METADATA_BYTES = 8_192;
const NAME = /^[a-z0-9_.-]{1,64}$/;
const VALUE = /^[\x20-\x7e]*$/;
const RESERVED = /^(?:authorization$|grpc-|sluice-error|sluice-stream-errors$|.*-bin$)/;

/**
 * Refuses metadata that one of the channels could not carry, before either sees it.
 * @throws internal naming the entry and the rule
 */
export function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata)) {
    bytes += name.length + value.length + 32;
    const wrong = !NAME.test(name)
      ? "its name is not lower-case ASCII"
      : RESERVED.test(name)
        ? "its name is reserved"
        : "";
    if (wrong !== "") throw new SluiceError("internal", `Call metadata "${name}" cannot be sent: ${wrong}.`);
    if (!VALUE.test(value))
      throw new SluiceError("internal", `Call metadata "${name}" cannot be sent: its value is not printable ASCII.`);
  }
  if (bytes > MAX_METADATA_BYTES) {
    throw new SluiceError("internal", `Call metadata has ${bytes} bytes; the limit is ${MAX_METADATA_BYTES}.`);
  }
}
