import { SluiceError } from "@sluice/platform/errors";
import type { Place } from "../admission/in-flight-gate.ts";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";
import { readBody } from "../http/read-body.ts";

const FIELDS_MAX = 64;

/** A file of a form. */
export interface FormFile {
  readonly name: string;
  /** MIME type; empty if the client did not say. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** A form with at most one file. */
export interface Form {
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly file: FormFile | undefined;
}

/** Reads a multipart/form-data body within the door's limits. @throws unsupported_media_type, invalid_request, and what reading a body throws */
export async function readForm(door: Door, exchange: Exchange, place: Place): Promise<Form> {
  const { raw } = exchange.request;
  const type = raw.headers["content-type"] ?? "";
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new SluiceError(
      "unsupported_media_type",
      `The content type must be multipart/form-data; got ${JSON.stringify(type.slice(0, 100))}.`,
    );
  }
  const bytes = await readBody(raw, door.config.body_bytes_max, place.reserve);
  return await gather(await parse(new Uint8Array(bytes), type));
}

async function parse(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { "content-type": type } }).formData();
  } catch (cause) {
    throw new SluiceError("invalid_request", "The body is not well-formed multipart/form-data.", { cause });
  }
}

async function gather(form: FormData): Promise<Form> {
  // Own properties, so that a field of any name is a field like any other.
  const fields = new Map<string, string[]>();
  let file: FormFile | undefined;
  let count = 0;
  for (const [name, value] of form) {
    if (++count > FIELDS_MAX) throw new SluiceError("invalid_request", `A form has at most ${FIELDS_MAX} fields.`);
    if (typeof value === "string") fields.set(name, [...(fields.get(name) ?? []), value]);
    else if (name !== "file" || file !== undefined) {
      throw new SluiceError("invalid_request", 'A form has one file, in the field "file".', {
        details: { param: "file" },
      });
    } else file = { name: value.name, type: value.type, bytes: new Uint8Array(await value.arrayBuffer()) };
  }
  return { fields: Object.fromEntries(fields), file };
}
