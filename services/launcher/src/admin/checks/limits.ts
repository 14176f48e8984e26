import { SluiceError } from "@sluice/platform/errors";
import { limitProbeAnswer } from "../answers.ts";
import type { AdminDoor } from "../door.ts";
import { type Finding, fail, ok } from "./finding.ts";

const CHECK = "budget bites";

/** Proves on a key made for the purpose that a hold above its budget is refused. */
export async function checkLimit(door: AdminDoor): Promise<Finding> {
  try {
    const probe = await door.post("/doctor/limit-probe", limitProbeAnswer);
    if (probe.refused) return ok(CHECK, `a key with 0.000000001 USD was refused a call of ${probe.model}`);
    return fail(CHECK, `a key with 0.000000001 USD was not refused a call of ${probe.model}: ${probe.message}`);
  } catch (error) {
    return fail(CHECK, `could not be proven: ${SluiceError.from(error).message}`);
  }
}
