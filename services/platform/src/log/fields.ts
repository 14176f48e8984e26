/** A value one log line may carry. `undefined` is left out. */
export type Scalar = string | number | bigint | boolean | null | undefined;

/** The names every service uses for the same thing; other names are allowed with scalar values. */
export interface KnownFields {
  readonly request_id?: string | undefined;
  readonly trace_id?: string | undefined;
  readonly tenant_id?: string | undefined;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  /** Attempt id. */
  readonly attempt?: string | undefined;
  readonly duration_ms?: number | undefined;
  readonly input_tokens?: number | bigint | undefined;
  readonly output_tokens?: number | bigint | undefined;
  readonly cost_nanousd?: bigint | undefined;
  readonly error_code?: string | undefined;
  /** Anything thrown; written as text, with `error_code` beside it when it has a code. */
  readonly err?: unknown;
}

export type LogFields = KnownFields & { readonly [name: string]: unknown };
