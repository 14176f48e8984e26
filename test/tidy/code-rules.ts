import { factRule, fileRule, isTest, matchingLines, type Rule, serviceOf } from "./rule.ts";
import { isHandWritten } from "./sources.ts";

const FILE_LINES = 400;
const FUNCTION_LINES = 70;
/** Spelled in two parts, or this file would break the rule itself. */
const SUPPRESSIONS = new RegExp(
  `@ts-${"ignore"}|@ts-${"expect-error"}|@ts-${"nocheck"}|biome-${"ignore"}|eslint-${"disable"}`,
);
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.(ts|js|mjs)$/;
const PROTO = /^[a-z0-9]+(_[a-z0-9]+)*\.proto$/;

/** Rules about how code is written. */
export const CODE_RULES: readonly Rule[] = [
  fileRule(`a file has at most ${FILE_LINES} lines`, "Split it by what it does.", ({ path, text }) => {
    const lines = isHandWritten(path) ? (text ?? "").trimEnd().split("\n").length : 0;
    return lines > FILE_LINES ? [`: ${lines} lines`] : [];
  }),
  factRule(`a function has at most ${FUNCTION_LINES} lines`, "Give its steps functions of their own.", (facts) =>
    facts.functions
      .filter(({ lines }) => lines > FUNCTION_LINES)
      .map(({ line, text, lines }) => ({ line, text: `${text} has ${lines} lines` })),
  ),
  factRule("nothing is of type any", "Use unknown and narrow it, or name the type.", (facts) => facts.anyTypes),
  factRule(
    "no error is swallowed",
    "Handle it, or say in a comment why nothing is to be done.",
    (facts) => facts.emptyCatches,
  ),
  factRule(
    "no console",
    "Use the logger of platform/log; a command line writes to process.stdout.",
    (facts, { path }) => (isTest(path) ? [] : facts.accesses.filter(({ text }) => /^console\.\w+$/.test(text))),
  ),
  factRule(
    "the environment is read in platform/src/config alone",
    "Make it a key of the service's config.ts, or call readEnvironment().",
    (facts, { path }) => (mayReadEnvironment(path) ? [] : facts.accesses.filter(({ text }) => text === "process.env")),
  ),
  fileRule("no check is switched off", "Solve what it complains about.", ({ path, text }) =>
    isHandWritten(path) ? matchingLines(text, SUPPRESSIONS) : [],
  ),
  factRule(
    "no test is skipped or alone",
    "Make it pass or delete it; a reason as a string is allowed for skip.",
    (facts, { path }) =>
      isTest(path)
        ? [
            ...facts.settings.filter(({ text }) => /^(skip|only|todo): true$/.test(text)),
            ...facts.calls.filter(({ text }) => /^(test|it|describe|suite)\.(skip|only|todo)$/.test(text)),
          ]
        : [],
  ),
  fileRule("file names are kebab-case", "Rename it: words in lower case, joined by hyphens.", ({ path }) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (path.startsWith("proto/") && name.endsWith(".proto")) return PROTO.test(name) ? [] : [": not lower_snake_case"];
    if (path.startsWith("proto/gen/") || !/\.(ts|js|mjs)$/.test(name)) return [];
    return KEBAB.test(name) ? [] : [": not kebab-case"];
  }),
];

function mayReadEnvironment(path: string): boolean {
  return path.startsWith("services/platform/src/config/") || serviceOf(path) === undefined;
}
