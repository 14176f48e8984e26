import { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { Answer, Phase } from "@sluice/proto/validator/v1/validator_service";
import type { CheckInput } from "../checks/check.ts";
import { Schemas, type SchemasOptions } from "../schema/schemas.ts";

type Partially<T extends { fromPartial(object: never): unknown }> = Parameters<T["fromPartial"]>[0];

/** What a check sees of a whole answer. */
export function whole(
  answer: Partially<typeof Answer>,
  chat?: Partially<typeof ChatRequest>,
  allowRepair = false,
): CheckInput {
  return {
    answer: Answer.fromPartial(answer),
    phase: Phase.PHASE_FINAL,
    chat: chat === undefined ? undefined : ChatRequest.fromPartial(chat),
    allowRepair,
  };
}

/** What a check sees of an answer's beginning. */
export function start(answer: Partially<typeof Answer>, chat?: Partially<typeof ChatRequest>): CheckInput {
  return { ...whole(answer, chat), phase: Phase.PHASE_WINDOW };
}

/** Schemas with generous limits, so that a busy machine changes nothing. */
export function testSchemas(limits: Partial<SchemasOptions> = {}): Schemas {
  return new Schemas({
    charsMax: 100_000,
    depthMax: 64,
    valuesMax: 10_000,
    keptMax: 100,
    compileMsMax: 10_000,
    validateMsMax: 10_000,
    assertFormats: true,
    ...limits,
  });
}
