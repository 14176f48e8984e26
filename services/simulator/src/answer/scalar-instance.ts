import type { Random } from "./random.ts";

type Schema = Readonly<Record<string, unknown>>;

const WORDS = ["amber", "brook", "cedar", "delta", "ember", "fjord", "grove", "harbor", "island", "juniper"];
const LENGTH_MAX = 1_000;

const FORMATS: Readonly<Record<string, string>> = {
  date: "2026-03-14",
  "date-time": "2026-03-14T09:26:53Z",
  time: "09:26:53Z",
  duration: "PT15M",
  email: "reader@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.7",
  ipv6: "2001:db8::7",
  uri: "https://example.com/page",
  url: "https://example.com/page",
  uuid: "3f2b8c1e-5d47-4a90-8e63-1b9f0c7d2a54",
};

const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

/** A string that fits minLength, maxLength and the usual formats; `hint` is used where it fits. */
export function stringInstance(schema: Schema, random: Random, hint: string | undefined): string {
  const format =
    typeof schema["format"] === "string" && Object.hasOwn(FORMATS, schema["format"]) ? schema["format"] : "";
  const ready = FORMATS[format];
  if (ready !== undefined) return ready;
  const least = Math.min(numberOf(schema["minLength"]) ?? 0, LENGTH_MAX);
  const most = numberOf(schema["maxLength"]) ?? LENGTH_MAX;
  let text = hint ?? `${random.pick(WORDS)} ${random.pick(WORDS)}`;
  while (text.length < least) text += ` ${random.pick(WORDS)}`;
  // Cut by code points: half a surrogate pair would not survive the wire.
  return text.length > most ? [...text].slice(0, most).join("") : text;
}

/** A number between minimum and maximum (inclusive or exclusive), on multipleOf if given. */
export function numberInstance(schema: Schema, random: Random, integer: boolean): number {
  const step = numberOf(schema["multipleOf"]) ?? (integer ? 1 : undefined);
  const above = numberOf(schema["exclusiveMinimum"]);
  const below = numberOf(schema["exclusiveMaximum"]);
  const given = { low: numberOf(schema["minimum"]) ?? above, high: numberOf(schema["maximum"]) ?? below };
  const low = given.low ?? (given.high === undefined ? 0 : given.high - 100);
  const high = given.high ?? low + 100;
  if (step === undefined || step <= 0) {
    const fraction = 0.05 + 0.9 * random.next();
    const rounded = Number((low + (high - low) * fraction).toFixed(2));
    return rounded > low && rounded < high ? rounded : low + (high - low) * fraction;
  }
  let first = Math.ceil(low / step);
  let last = Math.floor(high / step);
  if (above !== undefined && first * step <= above) first++;
  if (below !== undefined && last * step >= below) last--;
  return (first + random.integer(Math.max(1, last - first + 1))) * step;
}
