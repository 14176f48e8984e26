export { fromErrorDetail, toErrorDetail, toFactDetail } from "./error-detail.ts";
export { type ErrorDetails, SluiceError } from "./sluice-error.ts";
export { ERROR_TABLE, type ErrorCode, type ErrorRow, GRPC_STATUS, isErrorCode, type Retry } from "./table.ts";
