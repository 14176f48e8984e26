export { AppendFile } from "./append-file.ts";
export { DiskReserve, isNoRoom } from "./disk-reserve.ts";
export { fromFileError } from "./file-errors.ts";
export { LineBuffer } from "./line-buffer.ts";
export { eachLine, lineOf, textOf, trustedTextOf } from "./lines.ts";
export { Turn } from "./turn.ts";
