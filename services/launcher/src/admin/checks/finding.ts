/** What one check of `sluice doctor` found. */
export interface Finding {
  readonly check: string;
  readonly level: "ok" | "warn" | "fail";
  /** What is so; for a warning or failure also what to do. */
  readonly detail: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, level: "ok", detail });
export const warn = (check: string, detail: string): Finding => ({ check, level: "warn", detail });
export const fail = (check: string, detail: string): Finding => ({ check, level: "fail", detail });
