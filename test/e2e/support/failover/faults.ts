/** A simulated provider per wire, and whose model serves when three of its own have failed: another wire's. */
export const WIRES = [
  { wire: "OpenAI", provider: "sim", rescuer: "sim-anthropic" },
  { wire: "Anthropic", provider: "sim-anthropic", rescuer: "sim-gemini" },
  { wire: "Gemini", provider: "sim-gemini", rescuer: "sim" },
] as const;

export type Wire = (typeof WIRES)[number];

/** What is asked besides the model. */
export type Asked = Readonly<Record<string, unknown>>;

/** One way of going wrong: what follows `+` in the simulated model's name, and what is asked of it. */
export interface Fault {
  /** How the table names it, unique. */
  readonly name: string;
  readonly variant: string;
  readonly means: string;
  readonly asked?: Asked;
  /** What follows the base of the model that serves at last. */
  readonly good?: string;
}

const CITY = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const JSON_ASKED: Asked = {
  response_format: { type: "json_schema", json_schema: { name: "place", strict: true, schema: CITY } },
};
const TOOL_ASKED: Asked = {
  tools: [
    {
      type: "function",
      function: {
        name: "get_weather",
        parameters: CITY,
      },
    },
  ],
  tool_choice: "required",
};

const plainly = (name: string, means: string): Fault => ({ name, variant: name, means });

/** Everything that goes wrong before the first content has left. */
export const BEFORE: readonly Fault[] = [
  plainly("429", "too many requests, with a `retry-after` of 1 s"),
  plainly("503", "overloaded"),
  plainly("401", "our key is refused"),
  plainly("400", "the request is refused"),
  plainly("html", "502 with a proxy's page"),
  plainly("drop", "the connection is reset before the headers"),
  plainly("slow=60000", "no first token for a minute"),
  plainly("stall=0", "headers, then silence"),
  plainly("empty", "200 without content"),
  plainly("length=0", "200, cut off before the first token"),
  plainly("whitespace", "200 with white space only"),
  plainly("refusal=0", "a refusal in the wire's own form"),
  plainly("refusal=2", "a refusal in plain words"),
  plainly("inband-error=0", "200 with an error in place of the answer"),
  plainly("inband-error=3", "an error after three events"),
  plainly("cut=0", "the connection ends before the first event; plain: in the middle of the body"),
  plainly("cut=3", "the connection ends after three events; plain: in the middle of the body"),
  plainly("malformed=1", "the first event, or the body, is no JSON"),
  plainly("malformed=3", "the third event, or the body, is no JSON"),
  {
    name: "bad-json",
    variant: "bad-json",
    means: "JSON was asked for, something else came",
    asked: JSON_ASKED,
    good: "",
  },
  {
    name: "bad-json in a tool call",
    variant: "bad-json",
    means: "a tool call whose arguments do not parse",
    asked: TOOL_ASKED,
    good: "",
  },
];

/** Everything that goes wrong after content has left: half of sixty tokens. */
export const WITHIN: readonly Fault[] = [
  plainly("cut=30", "the connection ends"),
  plainly("stall=30", "silence, the connection stays open"),
  plainly("malformed=30", "an event is no JSON"),
  plainly("inband-error=30", "an error event"),
];

const BASES = ["small", "large", "reasoner"] as const;

export type Phase = "before" | "within";

/** One way of asking: streamed requests have candidates of their own, so that breakers do not mix them with plain ones. */
export interface Way {
  readonly wire: Wire;
  readonly fault: Fault;
  readonly stream: boolean;
}

/** Every fault on every wire, plain and streamed. */
export function everyWay(faults: readonly Fault[]): Way[] {
  return WIRES.flatMap((wire) => faults.flatMap((fault) => [false, true].map((stream) => ({ wire, fault, stream }))));
}

/** The name a caller asks for. */
export function aliasOf(phase: Phase, { wire, fault, stream }: Way): string {
  return `${phase}.${wire.provider}.${fault.name.replaceAll(" ", "-")}.${stream ? "streamed" : "plain"}`;
}

/** The fourth candidate, who serves. */
export function goodModel({ wire, fault }: Way): string {
  return `${wire.rescuer}/small${fault.good ?? "+length=20"}`;
}

/** Three candidates that fail in the same way, then one that works. */
export function aliases(): Record<string, readonly string[]> {
  const named = (phase: Phase, faults: readonly Fault[], length: string) =>
    everyWay(faults).map((way): [string, readonly string[]] => {
      // `stop` changes nothing about these models but their name.
      const variant = `${length}+${way.fault.variant}${way.stream ? "+stop" : ""}`;
      const bad = BASES.map((base) => `${way.wire.provider}/${base}${variant}`);
      return [aliasOf(phase, way), [...bad, goodModel(way)]];
    });
  return Object.fromEntries([...named("before", BEFORE, ""), ...named("within", WITHIN, "+length=60")]);
}
