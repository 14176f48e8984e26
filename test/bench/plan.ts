/** What is asked, and how many at a time. */
export interface Scenario {
  readonly name: string;
  readonly stream: boolean;
  readonly clients: number;
}

export interface Plan {
  readonly rounds: number;
  readonly windowMs: number;
  /** Each target is warmed up with so many plain and so many streamed answers, or for at most this long each. */
  readonly warmUpAnswers: number;
  readonly warmUpMsMax: number;
  readonly scenarios: readonly Scenario[];
}

/** Deltas of a streamed answer. */
export const STREAM_DELTAS = 60;
/** The simulator's answer to the plain question has exactly so many tokens. */
export const PLAIN_TOKENS = 30;

const SCENARIOS: readonly Scenario[] = [
  { name: "plain c=1", stream: false, clients: 1 },
  { name: "plain c=16", stream: false, clients: 16 },
  { name: "plain c=32", stream: false, clients: 32 },
  { name: "stream c=1", stream: true, clients: 1 },
  { name: "stream c=16", stream: true, clients: 16 },
  { name: "stream c=32", stream: true, clients: 32 },
];

const FULL: Plan = { rounds: 5, windowMs: 3_000, warmUpAnswers: 10_000, warmUpMsMax: 9_000, scenarios: SCENARIOS };
const QUICK: Plan = { rounds: 3, windowMs: 1_000, warmUpAnswers: 2_000, warmUpMsMax: 4_000, scenarios: SCENARIOS };

/** @throws if no scenario's name has the text */
export function planOf(options: { readonly quick: boolean; readonly scenario: string }): Plan {
  const plan = options.quick ? QUICK : FULL;
  const scenarios = plan.scenarios.filter(({ name }) => name.includes(options.scenario));
  if (scenarios.length === 0) throw new Error(`No scenario's name has "${options.scenario}".`);
  return { ...plan, scenarios };
}

/** The request's body: two short messages, an explicit limit as most callers send one. */
export function bodyOf(scenario: Scenario, modelPrefix: string): string {
  const tokens = scenario.stream ? STREAM_DELTAS : PLAIN_TOKENS;
  return JSON.stringify({
    model: `${modelPrefix}small+length=${tokens}`,
    messages: [
      { role: "system", content: "You are a helpful assistant who answers in a few short sentences." },
      { role: "user", content: "How should I plan a small garden that needs little water and gives food all year?" },
    ],
    max_tokens: 256,
    temperature: 0.2,
    ...(scenario.stream ? { stream: true } : {}),
  });
}
