import { z } from "zod";

/** The `validator` section of sluice.yaml. */
export const validatorConfig = z.strictObject({
  default_deadline_ms: z
    .number()
    .int()
    .positive()
    .default(250)
    .describe("Time all checks of one answer may take when the caller does not say; later checks count as skipped."),
});

export type ValidatorConfig = z.output<typeof validatorConfig>;
