import { crc32 } from "node:zlib";

/** One frame of AWS's event streams, written as a provider would. */
export function awsFrame(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const named = Object.entries(headers).map(([name, value]) => {
    const text = Buffer.from(value);
    const before = Buffer.from([name.length, ...Buffer.from(name), 7, text.length >> 8, text.length & 255]);
    return Buffer.concat([before, text]);
  });
  const head = Buffer.concat(named);
  const body = Buffer.from(payload);
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + head.length + body.length, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const unchecked = Buffer.concat([prelude, head, body]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(unchecked), 0);
  return Buffer.concat([unchecked, checksum]);
}
