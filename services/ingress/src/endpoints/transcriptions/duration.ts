import { mp3Duration } from "./mp3.ts";

const MS_PER_SECOND = 1_000;
/** Bytes behind the sound that may be something else: tags. */
const TRAILER = 4_096;
/** Pictures and other tags of a compressed recording, and how much of its bytes may be framing. */
const TAGS = 1_048_576;
const RAW_SHARE = 0.9;

/**
 * Milliseconds of a recording as its own headers say; undefined if its form is not known here or its headers say nothing that can be trusted.
 * What is held for it depends on this, so a file that contradicts itself is as long as the slowest reading of it, or of no known length.
 */
export function durationOf(file: Uint8Array): number | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const mark = bytes.toString("latin1", 0, 4);
  if (mark === "RIFF" && bytes.toString("latin1", 8, 12) === "WAVE") return wavDuration(bytes);
  if (mark === "fLaC") return flacDuration(bytes);
  if (mark === "OggS") return oggDuration(bytes);
  return mp3Duration(bytes);
}

/**
 * Uncompressed sound only: its bytes say its length, whatever else its header claims. Of several formats decoders take the first or the last, and
 * many read on behind the first piece of sound.
 */
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
      const found = (rate * channels * bits) / 8;
      bytesPerSecond = bytesPerSecond === 0 ? found : Math.min(bytesPerSecond, found);
    }
    if (name === "data") {
      // A file that was still being written says nothing, or too much.
      const rest = bytes.length - at - 8;
      const length = size === 0 || rest - size > TRAILER ? rest : Math.min(size, rest);
      return bytesPerSecond > 0 ? (length / bytesPerSecond) * MS_PER_SECOND : undefined;
    }
    at += 8 + size + (size % 2);
  }
  return undefined;
}

/** Compressed sound is never much larger than it was, so a file that says less than its bytes are worth is not believed. https://www.rfc-editor.org/rfc/rfc9639#name-streaminfo */
function flacDuration(bytes: Buffer): number | undefined {
  if (bytes.length < 26) return undefined;
  const packed = bytes.readBigUInt64BE(18);
  const rate = Number(packed >> 44n);
  const samples = Number(packed & 0xfffffffffn);
  const frameBits = (Number((packed >> 41n) & 7n) + 1) * (Number((packed >> 36n) & 31n) + 1);
  if (rate === 0 || samples === 0 || (samples * frameBits) / 8 + TAGS < bytes.length * RAW_SHARE) return undefined;
  return (samples / rate) * MS_PER_SECOND;
}

/** The furthest page's position over the rate: Opus counts 48,000 a second whatever it was made from. https://www.rfc-editor.org/rfc/rfc3533 */
function oggDuration(bytes: Buffer): number | undefined {
  const opus = bytes.indexOf("OpusHead", 0, "latin1");
  const vorbis = bytes.indexOf("\x01vorbis", 0, "latin1");
  const rate = opus >= 0 ? 48_000 : vorbis >= 0 && vorbis + 16 <= bytes.length ? bytes.readUInt32LE(vorbis + 12) : 0;
  // Several recordings in one file each count from the beginning.
  if (opus >= 0 && bytes.indexOf("OpusHead", opus + 1, "latin1") >= 0) return undefined;
  if (vorbis >= 0 && bytes.indexOf("\x01vorbis", vorbis + 1, "latin1") >= 0) return undefined;
  if (rate === 0 || (opus >= 0 && vorbis >= 0)) return undefined;
  const position = Number(lastPosition(bytes));
  return position > 0 && Number.isSafeInteger(position) ? (position / rate) * MS_PER_SECOND : undefined;
}

/** The furthest of all pages: one that was put behind them says nothing of those before. A page on which nothing ends has -1. */
function lastPosition(bytes: Buffer): bigint {
  let furthest = 0n;
  for (let at = bytes.indexOf("OggS", 0, "latin1"); at >= 0; at = bytes.indexOf("OggS", at + 4, "latin1")) {
    if (at + 14 > bytes.length) break;
    const position = bytes.readBigInt64LE(at + 6);
    if (position > furthest) furthest = position;
  }
  return furthest;
}
