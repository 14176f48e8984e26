import { timeOfId } from "@sluice/platform/ids";
import type { Command } from "commander";
import { AdminDoor } from "../admin/door.ts";
import { type Story, storyAnswer } from "../admin/story.ts";
import { formatUsd } from "./amounts.ts";
import type { CommandEnvironment } from "./environment.ts";
import { UsageError } from "./failure.ts";
import { print, printJson, printTable } from "./output.ts";
import { attemptLines, decisionLines, headLines, since } from "./story-lines.ts";

/** Adds `explain`: the story of one request. */
export function register(program: Command, environment: CommandEnvironment): void {
  program
    .command("explain")
    .description("tell the story of one request: candidates, attempts, verdicts, holds, the bill")
    .argument("<request-id>", "the answer's header x-sluice-request-id, like req_…")
    .action(async (requestId: string) => await explain(environment, requestId.trim()));
}

async function explain(environment: CommandEnvironment, requestId: string): Promise<void> {
  if (timeOfId("req", requestId) === undefined) {
    throw new UsageError(
      "that is no request's id: it is req_ and 25 letters and digits, in the header x-sluice-request-id of every answer.",
    );
  }
  const story = await AdminDoor.find(environment.dataDirectory()).get(`/requests/${requestId}`, storyAnswer);
  if (environment.json()) return printJson(environment, story);
  print(environment, ...headLines(story));
  if (story.decision !== undefined) {
    print(environment, ...decisionLines(story.decision), "");
    printCandidates(environment, story.decision.candidates);
  }
  for (const attempt of story.attempts) print(environment, "", ...attemptLines(attempt, story.arrived_at_ms));
  print(environment, "");
  printBill(environment, story);
  if (story.notes.length > 0) print(environment, "", ...story.notes.map((note) => `Note: ${note}`));
}

function printCandidates(
  environment: CommandEnvironment,
  candidates: NonNullable<Story["decision"]>["candidates"],
): void {
  printTable(environment, {
    columns: [{ title: "CANDIDATE" }, { title: "FIRST", numbers: true }, { title: "REMARK" }],
    rows: candidates.map(({ provider, model, propensity, excluded_reason: reason }) => [
      `${provider}/${model}`,
      propensity === 0 ? "-" : `${Math.round(propensity * 1000) / 10} %`,
      reason,
    ]),
    none: "There was no candidate.",
  });
}

function printBill(environment: CommandEnvironment, story: Story): void {
  const rows = story.attempts.flatMap(({ ordinal, attempt_id: id, postings }) =>
    postings.map((posting) => [
      ordinal === 0 ? id : String(ordinal),
      posting.overrun ? `${posting.kind}, above its hold` : posting.kind,
      posting.price_version,
      since(story.arrived_at_ms, posting.posted_at_ms),
      formatUsd(posting.amount_nanousd),
    ]),
  );
  printTable(environment, {
    columns: [
      { title: "BILL OF ATTEMPT" },
      { title: "BOOKED AS" },
      { title: "PRICE" },
      { title: "AT", numbers: true },
      { title: "USD", numbers: true },
    ],
    rows,
    none: "Nothing is booked.",
  });
  const held = story.held_nanousd === 0n ? "" : `; ${formatUsd(story.held_nanousd)} USD are still held`;
  print(environment, `Total: ${formatUsd(story.bill_nanousd)} USD${held}.`);
}
