import { z } from "zod";
import { extrasOf } from "../endpoints/chat-completions/extras.ts";
import { addIssues, Problems } from "../endpoints/chat-completions/problems.ts";

const LABEL_MAX = 1_024;
const MODEL_NAME = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/;

/** The model a request names. */
export const modelField = z.string().regex(MODEL_NAME, "1 to 256 printable characters, without spaces at the ends");
/** A short text for the caller's or the provider's use. */
export const labelField = z.string().max(LABEL_MAX).nullish();

/** What was read of a body: the known fields, and the others as JSON. */
export interface ReadBody<Known> {
  readonly body: Known;
  readonly extraJson: string;
}

/** Makes the reader of bodies of one shape. @throws invalid_request naming the path of each fault */
export function bodyReader<Shape extends z.ZodRawShape>(
  shape: Shape,
  check: (body: z.output<z.ZodObject<Shape, z.core.$loose>>, problems: Problems) => void = () => undefined,
): (raw: unknown) => ReadBody<z.output<z.ZodObject<Shape, z.core.$loose>>> {
  const schema = z.looseObject(shape);
  const known = new Set(Object.keys(shape));
  return (raw) => {
    const problems = new Problems();
    const parsed = schema.safeParse(raw);
    if (!parsed.success) addIssues(problems, raw, parsed.error.issues);
    else check(parsed.data, problems);
    problems.throwIfAny();
    const body = parsed.data as z.output<z.ZodObject<Shape, z.core.$loose>>;
    return { body, extraJson: extrasOf(body as Readonly<Record<string, unknown>>, known) };
  };
}
