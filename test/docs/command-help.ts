import { Readable, Writable } from "node:stream";
import { runCommandLine } from "../../services/launcher/src/command-line.ts";

/** One use of the command line in a text: its words, and its options. */
export interface Invocation {
  readonly words: readonly string[];
  readonly options: readonly string[];
}

/** Commands under which `npx sluice` is written in a text; placeholders such as `…` end them. */
export function invocationsIn(text: string): Invocation[] {
  const found = text.matchAll(/npx sluice((?:[ \t]+[^\s`|;&#()]+)*)/g);
  return [...found].map(([, rest = ""]) => {
    const parts = rest.split(/\s+/).filter((part) => part !== "");
    const end = parts.findIndex((part) => !/^[-a-z]/.test(part));
    const words = parts.slice(0, end === -1 ? undefined : end);
    const firstOption = words.findIndex((word) => word.startsWith("-"));
    return {
      words: words.slice(0, firstOption === -1 ? undefined : firstOption).map((word) => word.replace(/[.,:]+$/, "")),
      options: parts.filter((part) => /^--[a-z]/.test(part)).map((part) => part.replace(/[=.,:].*$/, "")),
    };
  });
}

/** What is wrong with an invocation, or undefined if the program knows it. */
export async function faultOf({ words, options }: Invocation): Promise<string | undefined> {
  const [command, second] = words;
  if (command === undefined) return await unknownOption([], options);
  const own = await helpOf([command]);
  if (own === undefined) return `no command "${command}"`;
  if (second === undefined || !/\[command\]/.test(own)) return await unknownOption([command], options);
  if ((await helpOf([command, second])) === undefined) return `no command "${command} ${second}"`;
  return await unknownOption([command, second], options);
}

async function unknownOption(words: readonly string[], options: readonly string[]): Promise<string | undefined> {
  const help = (await helpOf(words)) ?? "";
  const unknown = options.filter((option) => !new RegExp(`^ +(?:-\\w, )?${option}\\b`, "m").test(help));
  return unknown.length === 0 ? undefined : `"${words.join(" ")}" has no ${unknown.join(", ")}`;
}

/** The help of a command; undefined if the program shows that of another one, or fails. */
async function helpOf(words: readonly string[]): Promise<string | undefined> {
  let shown = "";
  const sink = new Writable({
    write(bytes: Buffer, _encoding, done) {
      shown += bytes.toString("utf8");
      done();
    },
  });
  const code = await runCommandLine({
    argv: ["node", "sluice", ...words, "--help"],
    environment: {},
    findConfigFile: () => undefined,
    stdin: Readable.from([]),
    stdout: sink,
    stderr: sink,
  });
  const usage = ["Usage: sluice", ...words].join(" ");
  return code === 0 && new RegExp(`^${usage}(?: |$)`, "m").test(shown) ? shown : undefined;
}
