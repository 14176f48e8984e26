import { SluiceError } from "@sluice/platform/errors";

/** Turns a failure of the HTTP framework into one of the table's; anything else stays what it is. */
export function fromFramework(thrown: unknown): SluiceError {
  if (!(thrown instanceof Error) || thrown instanceof SluiceError) return SluiceError.from(thrown);
  const { code, statusCode } = thrown as { readonly code?: unknown; readonly statusCode?: unknown };
  if (typeof code !== "string" || !code.startsWith("FST_ERR_")) return SluiceError.from(thrown);
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    return new SluiceError("unsupported_media_type", "The content-type must be application/json in UTF-8.");
  }
  if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500) {
    return new SluiceError("invalid_request", "The request's address or headers are not valid.", { cause: thrown });
  }
  return SluiceError.from(thrown);
}
