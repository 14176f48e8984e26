import { mp3Duration } from "./mp3.ts";

const MS_PER_SECOND = 1_000;

/**
 * Milliseconds of a recording as its own headers say; undefined if its form is not known here or its headers say nothing that can be trusted.
 * Whoever decodes it reads the same headers, so that a file cannot be billed for more than it says.
 */
export function durationOf(file: Uint8Array): number | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const mark = bytes.toString("latin1", 0, 4);
  if (mark === "RIFF" && bytes.toString("latin1", 8, 12) === "WAVE") return wavDuration(bytes);
  if (mark === "fLaC") return flacDuration(bytes);
  if (mark === "OggS") return oggDuration(bytes);
  return mp3Duration(bytes);
}

/** Uncompressed sound only: its bytes say its length, whatever else its header claims. */
function wavDuration(bytes: Buffer): number | undefined {
  let bytesPerSecond = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString("latin1", at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (name === "fmt " && at + 24 <= bytes.length) {
      const [format, channels] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10)];
      const [rate, bits] = [bytes.readUInt32LE(at + 12), bytes.readUInt16LE(at + 22)];
      // Plain samples, as integers or floats, and the two logarithmic forms; "extensible" wraps one of them.
      if (![1, 3, 6, 7, 0xfffe].includes(format)) return undefined;
      bytesPerSecond = (rate * channels * bits) / 8;
    }
    if (name === "data") {
      // A file that was still being written says nothing, or too much.
      const length = Math.min(size === 0 ? bytes.length : size, bytes.length - at - 8);
      return bytesPerSecond > 0 ? (length / bytesPerSecond) * MS_PER_SECOND : undefined;
    }
    at += 8 + size + (size % 2);
  }
  return undefined;
}

/** https://www.rfc-editor.org/rfc/rfc9639#name-streaminfo */
function flacDuration(bytes: Buffer): number | undefined {
  if (bytes.length < 26) return undefined;
  const packed = bytes.readBigUInt64BE(18);
  const rate = Number(packed >> 44n);
  const samples = Number(packed & 0xfffffffffn);
  return rate > 0 && samples > 0 ? (samples / rate) * MS_PER_SECOND : undefined;
}

/** The last page's position over the rate: Opus counts 48,000 a second whatever it was made from. https://www.rfc-editor.org/rfc/rfc3533 */
function oggDuration(bytes: Buffer): number | undefined {
  const opus = bytes.indexOf("OpusHead", 0, "latin1");
  const vorbis = bytes.indexOf("\x01vorbis", 0, "latin1");
  const rate = opus >= 0 ? 48_000 : vorbis >= 0 && vorbis + 16 <= bytes.length ? bytes.readUInt32LE(vorbis + 12) : 0;
  // Several recordings in one file each count from the beginning.
  if (opus >= 0 && bytes.indexOf("OpusHead", opus + 1, "latin1") >= 0) return undefined;
  if (vorbis >= 0 && bytes.indexOf("\x01vorbis", vorbis + 1, "latin1") >= 0) return undefined;
  const last = bytes.lastIndexOf("OggS", bytes.length, "latin1");
  if (rate === 0 || last < 0 || last + 14 > bytes.length) return undefined;
  const position = Number(bytes.readBigInt64LE(last + 6));
  return position > 0 && Number.isSafeInteger(position) ? (position / rate) * MS_PER_SECOND : undefined;
}
