const MS_PER_SECOND = 1_000;
/** Bytes before the first frame that may be something else. */
const SEARCHED = 65_536;
/** Bytes after the last frame that may be something else: tags. */
const TRAILER = 4_096;

/** kbit a second by the index in a frame's header: MPEG 1 layer III, and MPEG 2 and 2.5 layer III. */
const BITRATES = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
const RATES = [44_100, 48_000, 32_000] as const;

interface Frame {
  readonly bytes: number;
  readonly ms: number;
}

/** Milliseconds of an MP3: the sum of its frames, each of which has as many samples as any other. Undefined for what is none. */
export function mp3Duration(bytes: Buffer): number | undefined {
  let at = afterTags(bytes);
  const searchEnd = Math.min(bytes.length - 4, at + SEARCHED);
  // Two frames in a row: one alone may be chance.
  while (at < searchEnd && !startsFrames(bytes, at)) at++;
  if (at >= searchEnd) return undefined;
  let ms = 0;
  for (let frame = frameAt(bytes, at); frame !== undefined; frame = frameAt(bytes, at)) {
    ms += frame.ms;
    at += frame.bytes;
  }
  // What goes on behind something unreadable may be heard all the same.
  return bytes.length - at > TRAILER ? undefined : ms;
}

function startsFrames(bytes: Buffer, at: number): boolean {
  const first = frameAt(bytes, at);
  return first !== undefined && frameAt(bytes, at + first.bytes) !== undefined;
}

/** https://id3.org/id3v2.4.0-structure */
function afterTags(bytes: Buffer): number {
  if (bytes.length < 10 || bytes.toString("latin1", 0, 3) !== "ID3") return 0;
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(6, 10);
  return 10 + ((a & 0x7f) << 21) + ((b & 0x7f) << 14) + ((c & 0x7f) << 7) + (d & 0x7f);
}

function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (at + 4 > bytes.length) return undefined;
  const head = bytes.readUInt32BE(at);
  const version = (head >>> 19) & 3;
  const isLayer3 = ((head >>> 17) & 3) === 1;
  const [bitIndex, rateIndex] = [(head >>> 12) & 15, (head >>> 10) & 3];
  if (head >>> 21 !== 0x7ff || version === 1 || !isLayer3) return undefined;
  const kbits = BITRATES[version === 3 ? 0 : 1][bitIndex] ?? 0;
  const fullRate = RATES[rateIndex];
  if (kbits === 0 || fullRate === undefined) return undefined;
  const rate = version === 3 ? fullRate : version === 2 ? fullRate / 2 : fullRate / 4;
  const samples = version === 3 ? 1_152 : 576;
  const padding = (head >>> 9) & 1;
  return {
    bytes: Math.floor((samples / 8) * ((kbits * MS_PER_SECOND) / rate)) + padding,
    ms: (samples / rate) * MS_PER_SECOND,
  };
}
