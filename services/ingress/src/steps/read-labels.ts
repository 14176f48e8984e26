import type { IncomingHttpHeaders } from "node:http";
import { SluiceError } from "@sluice/platform/errors";

const TASK = "x-sluice-task";
const TAGS = "x-sluice-tags";
const TAGS_MAX = 16;
const LENGTH_MAX = 64;
const WORD = /^[A-Za-z0-9._-]{1,64}$/;
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/;
const UNPRINTABLE = /\p{C}/u;

/** What the caller calls the request, for reports alone; nothing of it reaches a provider. */
export interface Labels {
  /** Empty if none. */
  readonly task: string;
  readonly tags: Readonly<Record<string, string>>;
}

const NONE: Labels = Object.freeze({ task: "", tags: Object.freeze({}) });

/**
 * Reads the request's labels from its headers `x-sluice-task: word` and `x-sluice-tags: name=value,name=value`.
 * @throws invalid_request naming the header and its limit
 */
export function readLabels(headers: IncomingHttpHeaders): Labels {
  const task = headers[TASK];
  const tags = headers[TAGS];
  if (task === undefined && tags === undefined) return NONE;
  return {
    task: task === undefined ? "" : readTask(String(task).trim()),
    tags: tags === undefined ? {} : readTags(String(tags)),
  };
}

/**
 * The tags of a request: those of its header, then the pairs of its body's `metadata`, as many as fit. Metadata has looser limits of its
 * own, so that what does not fit is left out here and not refused.
 */
export function tagsOf(labels: Labels, metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let tags: Record<string, string> | undefined;
  let count = Object.keys(labels.tags).length;
  for (const name of Object.keys(metadata)) {
    const value = metadata[name];
    if (count >= TAGS_MAX) break;
    if (value === undefined || Object.hasOwn(labels.tags, name) || !fits(name) || !fits(value)) continue;
    tags ??= { ...labels.tags };
    define(tags, name, value);
    count++;
  }
  return tags ?? labels.tags;
}

function readTask(task: string): string {
  if (WORD.test(task)) return task;
  throw refusal(TASK, `must be one word of 1 to ${LENGTH_MAX} letters, digits, dots, dashes or underscores`, task);
}

function readTags(text: string): Record<string, string> {
  const tags: Record<string, string> = {};
  const pairs = text.split(",").map((pair) => pair.trim());
  if (pairs.length > TAGS_MAX) {
    throw refusal(TAGS, `holds ${pairs.length} tags; at most ${TAGS_MAX} are taken`, undefined);
  }
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, Math.max(equals, 0)).trim();
    const value = pair.slice(equals + 1).trim();
    if (!WORD.test(name) || !VALUE.test(value)) {
      const wanted = `is name=value pairs separated by commas, names of letters, digits, dots, dashes or underscores, both of 1 to ${LENGTH_MAX} characters`;
      throw refusal(TAGS, wanted, pair);
    }
    if (Object.hasOwn(tags, name)) throw refusal(TAGS, "names a tag twice", name);
    define(tags, name, value);
  }
  return tags;
}

function fits(text: string): boolean {
  return text !== "" && text.length <= LENGTH_MAX && text.isWellFormed() && !UNPRINTABLE.test(text);
}

/** Defined, not assigned, so that a tag called `__proto__` is a tag like any other. */
function define(tags: Record<string, string>, name: string, value: string): void {
  Object.defineProperty(tags, name, { value, enumerable: true, writable: true, configurable: true });
}

function refusal(header: string, wanted: string, got: string | undefined): SluiceError {
  const shown = got === undefined ? "" : `; got ${JSON.stringify(got.slice(0, 80))}`;
  return new SluiceError("invalid_request", `The header ${header} ${wanted}${shown}.`, { details: { param: header } });
}
