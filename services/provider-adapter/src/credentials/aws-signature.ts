import { createHash, createHmac } from "node:crypto";
import type { OutboundRequest } from "../http/types.ts";

/** An access key of AWS, short-lived if it has a session token. */
export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** What a signature holds for. */
export interface SigningScope {
  readonly region: string;
  /** Name of the service for signing, e.g. "bedrock". */
  readonly service: string;
  /** Epoch milliseconds; a signature serves for some minutes. */
  readonly nowMs: number;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

const sha256 = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Every byte but the unreserved ones of RFC 3986 as %XX. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The path as it is signed: what is sent is encoded once, and for the signature once more. */
function canonicalPath(path: string): string {
  return path.split("/").map(encode).join("/") || "/";
}

function canonicalQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.sort().join("&");
}

/**
 * The headers that sign a POST by AWS's Signature Version 4: its host, path, query, body, content type and moment.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signAws(request: OutboundRequest, key: AwsKey, scope: SigningScope): Readonly<Record<string, string>> {
  const moment = new Date(scope.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = moment.slice(0, 8);
  const contentType = request.headers["content-type"];
  const signed: Readonly<Record<string, string>> = {
    ...(contentType !== undefined && { "content-type": contentType }),
    host: new URL(request.origin).host,
    "x-amz-date": moment,
    ...(key.sessionToken !== undefined && { "x-amz-security-token": key.sessionToken }),
  };
  const names = Object.keys(signed).join(";");
  const mark = request.path.indexOf("?");
  const [path, query] = mark === -1 ? [request.path, ""] : [request.path.slice(0, mark), request.path.slice(mark + 1)];
  const canonical = [
    "POST",
    canonicalPath(path),
    canonicalQuery(query),
    ...Object.entries(signed).map(([name, value]) => `${name}:${value.trim().replace(/ +/g, " ")}`),
    "",
    names,
    sha256(request.body),
  ].join("\n");
  const place = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const dated = hmac(`AWS4${key.secretAccessKey}`, day);
  const signing = hmac(hmac(hmac(dated, scope.region), scope.service), "aws4_request");
  const signature = hmac(signing, [ALGORITHM, moment, place, sha256(canonical)].join("\n")).toString("hex");
  const { host, ...sent } = signed;
  return {
    ...sent,
    authorization: `${ALGORITHM} Credential=${key.accessKeyId}/${place}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
