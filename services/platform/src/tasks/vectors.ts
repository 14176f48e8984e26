import type { Embedding } from "@sluice/proto/tasks/v1/tasks";

const FLOAT_BYTES = 4;

/** A vector's components, whichever form it has; a byte too many makes none. */
export function valuesOf({ values, float32 }: Embedding): readonly number[] {
  if (float32.length === 0) return values;
  if (float32.length % FLOAT_BYTES !== 0) return [];
  const view = new DataView(float32.buffer, float32.byteOffset, float32.byteLength);
  return Array.from({ length: float32.length / FLOAT_BYTES }, (_, at) => view.getFloat32(at * FLOAT_BYTES, true));
}

/** A vector as 32-bit floats, little-endian. */
export function float32Of({ values, float32 }: Embedding): Uint8Array {
  if (float32.length > 0) return float32;
  const bytes = new Uint8Array(values.length * FLOAT_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of values.entries()) view.setFloat32(at * FLOAT_BYTES, value, true);
  return bytes;
}
