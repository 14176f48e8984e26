import { SluiceError } from "@sluice/platform/errors";
import type { z } from "zod";

/** What the audit will say about a request; a handler fills in what it finds out. */
export interface AuditFacts {
  /** Who, as far as the door knows. */
  actor: string;
  /** What, e.g. `key.create`. */
  action: string;
  /** On what: a generated id or a public name, never what the caller typed unseen. */
  target: string;
  /** Tenant, or `system`. */
  tenant: string;
  /** `ok` or an error code. */
  outcome: string;
}

/** A request as it arrives, before its shape is checked. */
export interface RawCall {
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly query: unknown;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
  /** Aborted when the caller goes away or the door closes; for answers that have no end of their own. */
  readonly ending: AbortSignal;
  readonly audit: AuditFacts;
}

/** A request whose shape is right. */
export interface DoorCall<Body, Query> extends RawCall {
  readonly body: Body;
  readonly query: Query;
}

/** One line of the admin door's table. */
export interface DoorRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path below `/admin/v1`, in Fastify's notation. */
  readonly path: string;
  /** What the audit calls it. */
  readonly action: string;
  /** Answers with a JSON value, or with a stream of JSON lines. */
  run(call: RawCall): Promise<unknown>;
}

/** Makes a line of the table: checks body and query first, reporting all problems at once, then handles the call. */
export function route<Body = undefined, Query = undefined>(options: {
  method: DoorRoute["method"];
  path: string;
  action: string;
  body?: z.ZodType<Body>;
  query?: z.ZodType<Query>;
  handle(call: DoorCall<Body, Query>): Promise<unknown>;
}): DoorRoute {
  const { body, query, handle, ...line } = options;
  return {
    ...line,
    run: async (call) => {
      const problems: Problem[] = [];
      const checked = {
        ...call,
        body: body === undefined ? (undefined as Body) : check(body, call.body, "body", problems),
        query: query === undefined ? (undefined as Query) : check(query, call.query, "query", problems),
      };
      if (problems.length > 0) throw refusal(problems);
      return await handle(checked as DoorCall<Body, Query>);
    },
  };
}

interface Problem {
  readonly param: string;
  readonly text: string;
}

function check<T>(schema: z.ZodType<T>, value: unknown, where: string, problems: Problem[]): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const param = issue.path.join(".") || where;
    problems.push({ param, text: `${param}: ${issue.message}` });
  }
  return undefined;
}

function refusal(problems: readonly Problem[]): SluiceError {
  const text = problems.map((problem) => problem.text).join("; ");
  return new SluiceError("invalid_request", `The request is not right: ${text}.`, {
    details: { param: problems[0]?.param ?? "body" },
  });
}
