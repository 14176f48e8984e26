type Fields = Readonly<Record<string, unknown>>;

/** Fields whose content is the caller's own: its names are not Google's to spell. */
const OWN_WORDS = new Set([
  "args",
  "response",
  "parameters",
  "parametersJsonSchema",
  "responseJsonSchema",
  "responseSchema",
  "labels",
  "partMetadata",
]);
const SNAKE = /^[a-z0-9]+(?:_[a-z0-9]+)+$/;

/** Google takes each field in two spellings, `inlineData` and `inline_data`; here everything has the first one. */
export function inOneSpelling(value: unknown): unknown {
  if (Array.isArray(value)) return ofList(value);
  if (typeof value !== "object" || value === null) return value;
  let changed = false;
  const entries = Object.entries(value as Fields).map(([name, inner]): readonly [string, unknown] => {
    const spelled = camel(name);
    const content = OWN_WORDS.has(spelled) ? inner : inOneSpelling(inner);
    changed ||= spelled !== name || content !== inner;
    return [spelled, content];
  });
  return changed ? Object.fromEntries(entries) : value;
}

function ofList(list: readonly unknown[]): readonly unknown[] {
  let changed = false;
  const spelled = list.map((entry) => {
    const content = inOneSpelling(entry);
    changed ||= content !== entry;
    return content;
  });
  return changed ? spelled : list;
}

function camel(name: string): string {
  if (!name.includes("_") || !SNAKE.test(name)) return name;
  return name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
}
