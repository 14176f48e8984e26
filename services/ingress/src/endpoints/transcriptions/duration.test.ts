import assert from "node:assert/strict";
import { test } from "node:test";
import { durationOf } from "./duration.ts";

function wav(options: { rate: number; bits: number; channels: number; samples: number; format?: number }): Buffer {
  const { rate, bits, channels, samples, format = 1 } = options;
  const data = Buffer.alloc((samples * channels * bits) / 8);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(format, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt16LE(bits, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

/** Frames of MPEG 1 layer III, 128 kbit and 44,100 samples a second: 417 bytes and 26.12 ms each. */
const mp3 = (frames: number): Buffer =>
  Buffer.concat(
    Array.from({ length: frames }, () => Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0]), Buffer.alloc(413)])),
  );

function flac(samples: number): Buffer {
  const head = Buffer.alloc(42);
  head.write("fLaC", 0);
  head.writeUInt32BE(34, 4);
  head.writeBigUInt64BE((48_000n << 44n) | BigInt(samples), 18);
  return head;
}

function ogg(position: bigint): Buffer {
  const page = Buffer.alloc(27);
  page.write("OggS", 0);
  page.writeBigInt64LE(position, 6);
  return Buffer.concat([page, Buffer.from("OpusHead"), Buffer.alloc(20), page]);
}

test("a recording says how long it is", () => {
  assert.equal(durationOf(wav({ rate: 8_000, bits: 8, channels: 1, samples: 12_000 })), 1_500);
  assert.equal(durationOf(wav({ rate: 48_000, bits: 16, channels: 2, samples: 24_000 })), 500);
  assert.equal(durationOf(flac(96_000)), 2_000);
  assert.equal(durationOf(ogg(72_000n)), 1_500);
  assert.equal(Math.round(durationOf(mp3(100)) ?? 0), 2_612);
  const tagged = Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 20]), Buffer.alloc(20), mp3(10)]);
  assert.equal(Math.round(durationOf(tagged) ?? 0), 261);
});

test("a file whose headers cannot be trusted has no length", () => {
  assert.equal(durationOf(wav({ rate: 8_000, bits: 4, channels: 1, samples: 12_000, format: 2 })), undefined);
  assert.equal(durationOf(Buffer.concat([mp3(10), Buffer.alloc(10_000), mp3(10)])), undefined);
  assert.equal(durationOf(Buffer.concat([ogg(48_000n), ogg(48_000n)])), undefined);
  assert.equal(durationOf(flac(0)), undefined);
  assert.equal(durationOf(Buffer.from("not a recording at all")), undefined);
  assert.equal(durationOf(Buffer.alloc(0)), undefined);
  assert.equal(durationOf(Buffer.from("RIFF")), undefined);
});

test("a file that promises more than it has is as long as what it has", () => {
  const cut = wav({ rate: 8_000, bits: 8, channels: 1, samples: 8_000 });
  cut.writeUInt32LE(4_000_000_000, 40);
  assert.equal(durationOf(cut), 1_000);
});

test("a file cannot make itself shorter than what is heard of it", () => {
  const sound = { rate: 8_000, bits: 8, channels: 1, samples: 80_000 };
  const twoFormats = wav(sound);
  const faster = wav({ ...sound, rate: 96_000, channels: 8, bits: 32, samples: 0 }).subarray(12, 36);
  const both = Buffer.concat([twoFormats.subarray(0, 36), faster, twoFormats.subarray(36)]);
  assert.equal(durationOf(both), 10_000);
  const twoPieces = Buffer.concat([wav({ ...sound, samples: 8 }), wav(sound).subarray(36)]);
  assert.ok((durationOf(twoPieces) ?? 0) >= 10_000);
  const page = ogg(1n).subarray(-27);
  assert.equal(durationOf(Buffer.concat([ogg(480_000n), page])), 10_000);
  assert.equal(durationOf(Buffer.concat([flac(48_000), Buffer.alloc(3_000_000)])), undefined);
});
