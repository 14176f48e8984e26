import { createHash } from "node:crypto";

/** One field of a form; a file if it has a file name. */
export interface Field {
  readonly name: string;
  readonly value: string | Uint8Array;
  readonly fileName?: string;
  /** MIME type of a file; empty if nobody knows. */
  readonly mimeType?: string;
}

/** A form as it is sent. */
export interface Multipart {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/**
 * Writes a form as multipart/form-data (RFC 7578). The boundary is made of what it separates: whoever wants it to stand inside a file would have to
 * know the file's own hash.
 */
export function multipart(fields: readonly Field[]): Multipart {
  const hash = createHash("sha256");
  for (const { name, value } of fields) hash.update(name).update(value);
  const boundary = `sluice-${hash.digest("hex").slice(0, 40)}`;
  const pieces: (string | Uint8Array)[] = [];
  for (const { name, value, fileName, mimeType } of fields) {
    const file = fileName === undefined ? "" : `; filename="${quoted(fileName)}"`;
    const type = fileName === undefined ? "" : `content-type: ${mimeType || "application/octet-stream"}\r\n`;
    pieces.push(
      `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"${file}\r\n${type}\r\n`,
      value,
      "\r\n",
    );
  }
  pieces.push(`--${boundary}--\r\n`);
  const body = Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
  return { contentType: `multipart/form-data; boundary=${boundary}`, body };
}

/** As browsers do: quotes and line ends would end the name. https://html.spec.whatwg.org/#multipart-form-data */
function quoted(name: string): string {
  return name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
