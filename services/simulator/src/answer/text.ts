import type { Random } from "./random.ts";

const OPENERS = [
  "You asked about {topic}, so here is the short version.",
  "Here is what matters most about {topic}.",
  "Let us look at {topic} one step at a time.",
  "A good way to think about {topic} is to start with the basics.",
];

const BODY = [
  "Begin with the part that is easy to check.",
  "Most of the work lies in asking the right question.",
  "A small example usually says more than a long definition.",
  "When two numbers disagree, look for the place where they were last equal.",
  "It helps to write down what would change your mind.",
  "The common case is simple, and the rare case deserves its own test.",
  "If {topic} is new to you, try it once by hand before you automate it.",
  "Measure first, then decide whether the difference is worth the effort.",
  "Good names save more time than clever tricks.",
  "There is a trade between speed and care, and both have a price.",
  "Whatever you choose, make it easy to undo.",
  "Some people prefer a broad view of {topic}, others want every detail.",
  "The order of the steps matters less than finishing each of them.",
  "Keep the boundary clear, and the inside can stay simple.",
  "A limit that nobody has tested is only a hope.",
  "In practice, {topic} rewards patience and a tidy desk.",
];

const THOUGHTS = [
  "The question seems to be about {topic}.",
  "First I should settle what is given and what is asked.",
  "A direct answer is possible, but let me check it.",
  "One case could go wrong, so I will keep it in mind.",
  "That agrees with the first idea.",
  "Now I can answer in plain words.",
];

const STOP_WORDS = new Set(
  "about could does from have please should that their there this what when where which with would your".split(" "),
);
const TOPIC_SCAN_LENGTH = 2_000;
const SLOT = "{topic}";

/** Splits text into pieces of one word each, with the white space before it. Joined, they are the text again. */
export function splitWords(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

const prepare = (sentences: readonly string[]): readonly (readonly string[])[] =>
  sentences.map((sentence) => splitWords(` ${sentence}`));
const OPENER_PIECES = prepare(OPENERS);
const BODY_PIECES = prepare(BODY);
const THOUGHT_PIECES = prepare(THOUGHTS);

/** The word of a prompt that an answer refers to (the longest telling one), or "this". */
export function topicOf(prompt: string): string {
  let topic = "";
  for (const [word] of prompt.slice(0, TOPIC_SCAN_LENGTH).matchAll(/\p{L}{4,24}/gu)) {
    if (word.length > topic.length && !STOP_WORDS.has(word.toLowerCase())) topic = word;
  }
  return topic === "" ? "this" : topic;
}

function addSentence(pieces: string[], sentence: readonly string[], topic: string): void {
  for (const piece of sentence) pieces.push(piece.includes(SLOT) ? piece.replace(SLOT, () => topic) : piece);
}

/** Body sentences in a seeded order that repeats none before all were used. */
function bodyOrder(random: Random): (index: number) => readonly string[] {
  const start = random.integer(BODY_PIECES.length);
  // Odd strides visit every one of the 16 sentences.
  const stride = 1 + 2 * random.integer(BODY_PIECES.length / 2);
  return (index) => BODY_PIECES[(start + stride * index) % BODY_PIECES.length] ?? [];
}

function trimStart(pieces: string[]): string[] {
  pieces[0] = pieces[0]?.trimStart() ?? "";
  return pieces;
}

/** Writes an answer of so many sentences. `facts` are sentences it must contain, placed after the opener. */
export function writeSentences(
  random: Random,
  topic: string,
  sentences: number,
  facts: readonly string[] = [],
): string[] {
  const pieces: string[] = [];
  addSentence(pieces, random.pick(OPENER_PIECES), topic);
  for (const fact of facts) pieces.push(...splitWords(` ${fact}`));
  const body = bodyOrder(random);
  for (let written = 1; written < sentences; written++) addSentence(pieces, body(written), topic);
  return trimStart(pieces);
}

/** Writes exactly `tokens` pieces, cut wherever the count is reached. */
export function writeExactly(random: Random, topic: string, tokens: number): string[] {
  if (tokens === 0) return [];
  const pieces: string[] = [];
  addSentence(pieces, random.pick(OPENER_PIECES), topic);
  const body = bodyOrder(random);
  for (let written = 1; pieces.length < tokens; written++) addSentence(pieces, body(written), topic);
  pieces.length = tokens;
  return trimStart(pieces);
}

/** Writes `tokens` pieces that say the same thing over and over. */
export function writeLoop(topic: string, tokens: number): string[] {
  const phrase = splitWords(` The answer about ${topic} is the answer.`);
  return trimStart(Array.from({ length: tokens }, (_, index) => phrase[index % phrase.length] ?? ""));
}

/** Writes `tokens` pieces of thinking. */
export function writeThoughts(topic: string, tokens: number): string[] {
  const pieces: string[] = [];
  for (let index = 0; pieces.length < tokens; index++) {
    addSentence(pieces, THOUGHT_PIECES[index % THOUGHT_PIECES.length] ?? [], topic);
  }
  pieces.length = tokens;
  return tokens === 0 ? pieces : trimStart(pieces);
}

/** Splits text (JSON, mostly) into pieces of at most `size` characters, never inside a surrogate pair. */
export function splitEvery(text: string, size: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + size, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end++;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
