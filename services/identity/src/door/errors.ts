import { type ErrorCode, SluiceError } from "@sluice/platform/errors";

/** The one shape of the door's errors. */
export interface DoorErrorBody {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly param: string | null;
    readonly facts: Readonly<Record<string, string>>;
  };
}

/** The HTTP library's own refusals. Their texts may quote the body, and with it a secret, so they are not passed on. */
const LIBRARY_ERRORS: Readonly<Record<string, () => SluiceError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new SluiceError("payload_too_large", "The request body is too large for the door."),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new SluiceError("unsupported_media_type", "The door reads JSON only: send content-type application/json."),
  FST_ERR_CTP_EMPTY_JSON_BODY: () =>
    new SluiceError("invalid_request", "The request body is empty; JSON was announced."),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new SluiceError("invalid_request", "The request body is not valid JSON."),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new SluiceError("invalid_request", "The request body's length is not what content-length says."),
};

/** Anything thrown on the way to an answer, as an error of the table. */
export function doorError(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const known = LIBRARY_ERRORS[code];
  if (known !== undefined) return known();
  const status = thrown instanceof Error && "statusCode" in thrown ? thrown.statusCode : undefined;
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new SluiceError("invalid_request", "The request could not be read.", { cause: thrown });
  }
  return SluiceError.from(thrown);
}

export function errorBody(error: SluiceError): DoorErrorBody {
  return {
    error: {
      code: error.code,
      message: error.message,
      param: error.details.param ?? null,
      facts: error.details.facts ?? {},
    },
  };
}
