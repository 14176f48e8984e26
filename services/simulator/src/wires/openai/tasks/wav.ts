const RATE = 8_000;
const HEADER_BYTES = 44;

/** A WAV file of so many milliseconds of silence: one channel, 8 bits, 8,000 samples a second. */
export function silence(ms: number): Buffer {
  const samples = Math.round((ms * RATE) / 1_000);
  const file = Buffer.alloc(HEADER_BYTES + samples, 0x80);
  file.write("RIFF", 0);
  file.writeUInt32LE(HEADER_BYTES - 8 + samples, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE, 28);
  file.writeUInt16LE(1, 32);
  file.writeUInt16LE(8, 34);
  file.write("data", 36);
  file.writeUInt32LE(samples, 40);
  return file;
}

/** Seconds of a WAV file as its header says, rounded up; 1 for anything else. */
export function secondsOf(file: Buffer): number {
  if (file.length < HEADER_BYTES || file.toString("latin1", 0, 4) !== "RIFF") return 1;
  const bytesPerSecond = file.readUInt32LE(28);
  return bytesPerSecond === 0 ? 1 : Math.max(1, Math.ceil((file.length - HEADER_BYTES) / bytesPerSecond));
}
