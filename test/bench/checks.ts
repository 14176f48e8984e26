/** What judging one answer costs, all checks together, in this process: `node test/bench/checks.ts`. */
import { createLogger } from "@sluice/platform/log";
import { ChatRequest, FinishReason, ResponseFormatKind, ToolCall } from "@sluice/proto/chat/v1/chat";
import { Answer, Decision, Phase } from "@sluice/proto/validator/v1/validator_service";
import { allChecks } from "../../services/validator/src/checks/registry.ts";
import { type RunInput, runChecks } from "../../services/validator/src/run-checks.ts";
import { Schemas } from "../../services/validator/src/schema/schemas.ts";

const ROUNDS = 20_000;
const WARM_UP = 5_000;
const SENTENCE = "The fox that lives behind the mill sleeps by day and looks for mice at night. ";

const schemas = new Schemas({
  charsMax: 262_144,
  depthMax: 64,
  valuesMax: 10_000,
  keptMax: 256,
  compileMsMax: 1_000,
  validateMsMax: 25,
  assertFormats: true,
});
const checks = allChecks(schemas);
const log = createLogger({ level: "error", service: "bench" });

const proseOf = (chars: number) => SENTENCE.repeat(Math.ceil(chars / SENTENCE.length)).slice(0, chars);
const jsonOf = (chars: number) =>
  JSON.stringify({
    items: Array.from({ length: chars / 80 }, (_, n) => ({ id: n, name: `item ${n}`, text: proseOf(40) })),
  });
const item = {
  type: "object",
  properties: { id: { type: "integer" }, name: { type: "string", maxLength: 40 }, text: { type: "string" } },
  required: ["id", "name", "text"],
  additionalProperties: false,
};
const plainSchema = { type: "object", properties: { items: { type: "array", items: item } }, required: ["items"] };
const refSchema = {
  ...plainSchema,
  properties: { items: { type: "array", items: { $ref: "#/$defs/i" } } },
  $defs: { i: item },
};

const text = (content: string) => Answer.fromPartial({ text: content, finishReason: FinishReason.FINISH_REASON_STOP });
const format = (schema: unknown) =>
  ChatRequest.fromPartial({
    responseFormat: {
      kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA,
      schemaJson: JSON.stringify(schema),
    },
  });
const tools = ChatRequest.fromPartial({
  tools: [{ name: "store", type: "function", parametersJson: JSON.stringify(plainSchema) }],
});
const call = (argumentsJson: string) =>
  Answer.fromPartial({
    toolCalls: [ToolCall.fromPartial({ id: "1", name: "store", type: "function", argumentsJson })],
  });
const plain = ChatRequest.create();

const WORDS: Readonly<Partial<Record<Decision, string>>> = {
  [Decision.DECISION_PASS]: "pass",
  [Decision.DECISION_REPAIR]: "repair",
  [Decision.DECISION_FAIL]: "fail",
  [Decision.DECISION_UNDECIDED]: "undecided",
};

interface Case {
  readonly name: string;
  readonly answer: () => Answer;
  readonly chat: ChatRequest;
  readonly phase?: Phase;
}

const CASES: readonly Case[] = [
  { name: "start of a text (window)", answer: () => text(proseOf(40)), chat: plain, phase: Phase.PHASE_WINDOW },
  { name: "text, 0.8 kB", answer: () => text(proseOf(800)), chat: plain },
  { name: "text, 4 kB", answer: () => text(proseOf(4_000)), chat: plain },
  { name: "refusal, 0.8 kB", answer: () => text(`I cannot help with that. ${proseOf(775)}`), chat: plain },
  { name: "JSON with a schema, 0.8 kB", answer: () => text(jsonOf(800)), chat: format(plainSchema) },
  { name: "JSON with a schema, 4 kB", answer: () => text(jsonOf(4_000)), chat: format(plainSchema) },
  { name: "JSON with a schema of references, 4 kB", answer: () => text(jsonOf(4_000)), chat: format(refSchema) },
  {
    name: "JSON in a fence, 4 kB",
    answer: () => text(`\`\`\`json\n${jsonOf(4_000)}\n\`\`\``),
    chat: format(plainSchema),
  },
  {
    name: "JSON with trailing commas, 4 kB",
    answer: () => text(jsonOf(4_000).replaceAll("}", ",}")),
    chat: format(plainSchema),
  },
  { name: "tool call, 0.8 kB", answer: () => call(jsonOf(800)), chat: tools },
  { name: "tool call, 4 kB", answer: () => call(jsonOf(4_000)), chat: tools },
];

function microsOf({ answer, chat, phase = Phase.PHASE_FINAL }: Case): {
  readonly micros: number;
  readonly decision: Decision;
} {
  const input: RunInput = {
    checks,
    answers: [answer()],
    phase,
    chat,
    allowRepair: true,
    deadlineMs: 250,
    clock: () => performance.now(),
    log,
  };
  const begun = process.hrtime.bigint();
  const { decision } = runChecks(input);
  return { micros: Number(process.hrtime.bigint() - begun) / 1_000, decision };
}

for (const one of CASES) {
  const first = microsOf(one);
  for (let i = 0; i < WARM_UP; i++) microsOf(one);
  const all = Float64Array.from({ length: ROUNDS }, () => microsOf(one).micros).toSorted();
  const at = (share: number) => (all[Math.floor(ROUNDS * share)] ?? 0).toFixed(1).padStart(7);
  process.stdout.write(
    `${one.name.padEnd(40)} p50 ${at(0.5)} us  p99 ${at(0.99)} us  first ${first.micros.toFixed(0)} us  ${WORDS[first.decision]}\n`,
  );
}
