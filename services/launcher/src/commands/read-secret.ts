import { SluiceError } from "@sluice/platform/errors";
import type { CommandEnvironment } from "./environment.ts";

const SECRET_CHARACTERS_MAX = 65_536;
const ENTER = new Set(["\r", "\n"]);
const INTERRUPT = new Set(["\u0003", "\u0004"]);
const ERASE = new Set(["\b", "\u007f"]);

type Input = CommandEnvironment["stdin"];
type Terminal = Input & { setRawMode(on: boolean): unknown };

/**
 * Reads a secret from the terminal without showing it, or from standard input when that is a pipe or a file.
 * A line break at its end is not part of it.
 * @throws invalid_request if it is empty or too long, cancelled on Ctrl-C
 */
export async function readSecret(environment: CommandEnvironment, prompt: string): Promise<string> {
  const { stdin } = environment;
  const text = isTerminal(stdin) ? await ask(stdin, environment, prompt) : await readAll(stdin);
  const secret = text.replace(/[\r\n]+$/, "");
  if (secret.trim() === "") throw new SluiceError("invalid_request", "the secret is empty: nothing was stored");
  return secret;
}

function isTerminal(stdin: Input): stdin is Terminal {
  return stdin.isTTY === true && "setRawMode" in stdin;
}

async function readAll(stdin: Input): Promise<string> {
  let text = "";
  stdin.setEncoding("utf8");
  for await (const chunk of stdin) {
    text += String(chunk);
    checkLength(text);
  }
  return text;
}

async function ask(stdin: Terminal, environment: CommandEnvironment, prompt: string): Promise<string> {
  // Before the prompt: whoever answers it at once must not find the echo still on.
  stdin.setRawMode(true);
  environment.stderr.write(prompt);
  stdin.setEncoding("utf8");
  try {
    return await readLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    environment.stderr.write("\n");
  }
}

async function readLine(stdin: Terminal): Promise<string> {
  return await new Promise((resolve, reject) => {
    let characters: string[] = [];
    const end = (settle: () => void) => {
      stdin.removeListener("data", onData);
      stdin.removeListener("end", onEnd);
      settle();
    };
    const cancelled = () => reject(new SluiceError("cancelled", "nothing was stored"));
    const onEnd = () => end(cancelled);
    const onData = (chunk: string) => {
      for (const character of chunk) {
        if (ENTER.has(character)) return end(() => resolve(characters.join("")));
        if (INTERRUPT.has(character)) return end(cancelled);
        characters = ERASE.has(character) ? characters.slice(0, -1) : [...characters, character];
      }
      if (characters.length > SECRET_CHARACTERS_MAX) end(() => reject(tooLong()));
    };
    stdin.on("data", onData);
    stdin.once("end", onEnd);
    stdin.resume();
  });
}

function checkLength(text: string): void {
  if (text.length > SECRET_CHARACTERS_MAX) throw tooLong();
}

function tooLong(): SluiceError {
  return new SluiceError(
    "invalid_request",
    `the secret has more than ${SECRET_CHARACTERS_MAX} characters: nothing was stored`,
  );
}
