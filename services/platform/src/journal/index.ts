export { AppendFile } from "./append-file.ts";
export { DiskReserve, isNoRoom } from "./disk-reserve.ts";
export { fromFileError } from "./file-errors.ts";
export { bytesOfLines, eachLine, lineOf, textOf, trustedTextOf } from "./lines.ts";
export { Turn } from "./turn.ts";
