import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ANTHROPIC_ERRORS,
  chatParser,
  completionParser,
  type ErrorShape,
  GEMINI_ERRORS,
  geminiParser,
  messagesParser,
  OPENAI_ERRORS,
  responseParser,
} from "@sluice/ingress/dialects";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { everyProvider } from "@sluice/provider-adapter/recordings";
import { documented } from "../e2e/support/document.ts";
import { type Cell, cellOf, chats } from "./conformance/cells.ts";
import {
  type Body,
  CHAT,
  COMPLETIONS,
  type DialectBodies,
  FEATURES,
  type Feature,
  GEMINI,
  MESSAGES,
  RESPONSES,
} from "./conformance/requests.ts";
import { TASKS, taskWord } from "./conformance/tasks.ts";

const limits = { choicesMax: 8, messagesMax: 100, toolsMax: 100, partsMax: 100, itemsMax: 100 };
const MODEL = "conformance/model";

interface DialectUnderTest {
  readonly path: string;
  readonly bodies: DialectBodies;
  readonly errors: ErrorShape;
  read(body: Body, feature: Feature): ChatRequest;
}

const named = (body: Body): Body => ({ model: MODEL, ...body });
const first = (chats: readonly ChatRequest[]): ChatRequest => {
  const [chat] = chats;
  assert.ok(chat !== undefined);
  return chat;
};
const readChat = chatParser(limits);
const readCompletion = completionParser(limits);
const readResponse = responseParser(limits);
const readMessages = messagesParser(limits);
const readGemini = geminiParser(limits);

const DIALECTS: readonly DialectUnderTest[] = [
  { path: "/v1/chat/completions", bodies: CHAT, errors: OPENAI_ERRORS, read: (body) => readChat(named(body)) },
  {
    ...{ path: "/v1/completions", bodies: COMPLETIONS, errors: OPENAI_ERRORS },
    read: (body) => first(readCompletion(named(body)).chats),
  },
  {
    ...{ path: "/v1/responses", bodies: RESPONSES, errors: OPENAI_ERRORS },
    read: (body) => readResponse.toChat(readResponse.read(named(body)), { earlier: [], referenced: new Map() }),
  },
  {
    ...{ path: "/v1/messages", bodies: MESSAGES, errors: ANTHROPIC_ERRORS },
    read: (body) => readMessages(named(body), undefined),
  },
  {
    ...{ path: "/v1beta/models/{model}:generateContent", bodies: GEMINI, errors: GEMINI_ERRORS },
    read: (body, feature) => readGemini(body, { model: MODEL, stream: feature === "stream" }),
  },
];

const place = { region: "us-east-1", project: "p", location: "us-central1", resource: "r" };
const providers = everyProvider(place).filter((provider) => !provider.simulated && chats(provider));

test("what each dialect can ask of each provider is what the page says, and nothing is lost without a word", () => {
  assert.ok(providers.length >= 20, `${providers.length} providers`);
  const lost: string[] = [];
  const tables = DIALECTS.map((dialect) => {
    const rows = providers.map((provider) => [provider.name, rowOf(dialect, provider)] as const);
    for (const [name, row] of rows) {
      for (const [feature, cell] of row)
        if (cell.outcome === "lost") lost.push(`${dialect.path} → ${name}: ${feature}`);
    }
    return tableOf(dialect, rows);
  });
  assert.deepEqual(lost, []);
  documented("docs/conformance.md", "chats", tables.join("\n\n"));
});

test("who serves what is asked beside chats is what the page says", () => {
  const all = everyProvider(place).filter((provider) => !provider.simulated);
  assert.ok(all.length >= 20, `${all.length} providers`);
  const head = ["provider", ...TASKS.map(([path]) => `\`${path}\``)];
  const rows = all.map((provider) => [
    provider.name,
    ...TASKS.map(([, kind, request]) => taskWord(provider, kind, request)),
  ]);
  assert.ok(
    rows.every((row) => !row.includes("lost")),
    JSON.stringify(rows.filter((row) => row.includes("lost"))),
  );
  documented("docs/conformance.md", "tasks", tableText(head, rows));
});

type Row = ReadonlyMap<Feature, Cell>;
type ProviderUnderTest = (typeof providers)[number];

function rowOf({ bodies, read }: DialectUnderTest, provider: ProviderUnderTest): Row {
  const plain = read(bodies.text ?? {}, "text");
  return new Map(
    FEATURES.flatMap((feature) => {
      const body = bodies[feature];
      return body === undefined
        ? []
        : [[feature, cellOf(provider, feature, { asked: read(body, feature), plain })] as const];
    }),
  );
}

function tableOf({ path, bodies, errors }: DialectUnderTest, rows: readonly (readonly [string, Row])[]): string {
  const shown = FEATURES.filter((feature) => bodies[feature] !== undefined);
  const lines = rows.map(([name, row]) => {
    return [name, ...shown.map((feature) => wordOf(row.get(feature))), errorWord(name, errors)];
  });
  return `### \`${path}\`\n\n${tableText(["provider", ...shown, "errors"], lines)}`;
}

function tableText(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function wordOf(cell: Cell | undefined): string {
  if (cell === undefined) return "–";
  if (cell.outcome === "refused" && cell.lacking) return "none";
  return cell.outcome;
}

/** A provider's 429 must reach the caller as one, in the dialect's own shape. */
function errorWord(name: string, shape: ErrorShape): string {
  const provider = providers.find((each) => each.name === name);
  assert.ok(provider !== undefined);
  const error = provider.mapError({ status: 429, headers: {}, body: '{"error":{"message":"slow down"}}' });
  const printed = shape.print(error, "req_1");
  return error.row.retry === "later" && printed.status === 429 ? "yes" : `${error.code}: ${printed.status}`;
}
