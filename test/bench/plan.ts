/** What is asked, and how many at a time. */
export interface Scenario {
  readonly name: string;
  readonly stream: boolean;
  readonly clients: number;
}

export interface Plan {
  readonly rounds: number;
  readonly windowMs: number;
  readonly warmUpMs: number;
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
];

const FULL: Plan = { rounds: 5, windowMs: 3_000, warmUpMs: 2_000, scenarios: SCENARIOS };
const QUICK: Plan = { rounds: 3, windowMs: 1_000, warmUpMs: 1_000, scenarios: SCENARIOS };

export function planOf(options: { readonly quick: boolean }): Plan {
  return options.quick ? QUICK : FULL;
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
