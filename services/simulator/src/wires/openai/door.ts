import { bearerKey } from "../../http/authorize.ts";
import type { Door, Refusal } from "../../serve/wire.ts";
import {
  CRASHED,
  errorBody,
  FAULT_INVALID,
  IN_BAND,
  invalid,
  OVERLOADED,
  rateLimited,
  tooLarge,
  unknownModel,
  unknownRoute,
  type WireError,
  WRONG_KEY,
} from "./errors.ts";
import { wireHeaders } from "./headers.ts";

/** A failure as the door sends it. */
export function refusal(error: WireError): Refusal {
  return { status: error.status, headers: error.headers, body: () => errorBody(error) };
}

/** OpenAI's door: bearer keys and its error shape. */
export const openaiDoor: Door = {
  keyOf: bearerKey,
  headers: wireHeaders,
  failures: {
    wrongKey: refusal(WRONG_KEY),
    faultKey: refusal(WRONG_KEY),
    overloaded: refusal(OVERLOADED),
    inBand: refusal(IN_BAND),
    faultInvalid: refusal(FAULT_INVALID),
    crashed: refusal(CRASHED),
    rateLimited: (model, seconds) => refusal(rateLimited(model, seconds)),
    unknownModel: (model, why) => refusal(unknownModel(model, why)),
    tooLarge: (bytesMax) => refusal(tooLarge(bytesMax)),
    unreadable: (why) => refusal(invalid(why)),
    unknownRoute: (method, path, known) => refusal(unknownRoute(method, path, known)),
  },
};
