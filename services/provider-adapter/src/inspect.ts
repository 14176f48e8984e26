import { containsSecret, isSecretName } from "@sluice/platform/log";
import { KNOWN_VARIABLES } from "./providers/known-variables.ts";
import { PROVIDERS } from "./providers/registry.ts";

/** What a process was started with, before anything is believed. */
export interface RawStart {
  readonly file: unknown;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const SECTION = "provider_adapter";

function variableProblems(environment: RawStart["environment"]): string[] {
  const problems: string[] = [];
  const isSet = (variable: string) => (environment[variable] ?? "").trim() !== "";
  const remedy = (variable: string) => `then start with it unset (\`env -u ${variable} …\`).`;
  for (const [name, make] of Object.entries(PROVIDERS)) {
    for (const variable of make({ baseUrl: undefined, abandon: undefined }).environmentVariables.filter(isSet)) {
      problems.push(
        `${variable} is set in the environment; Sluice reads no provider keys from there: store it with \`sluice secrets set ${name}\`, ${remedy(variable)}`,
      );
    }
  }
  for (const [name, variables] of Object.entries(KNOWN_VARIABLES)) {
    for (const variable of variables.filter(isSet)) {
      problems.push(
        `${variable} is set in the environment; Sluice reads no provider keys from there: add ${name} under ${SECTION}.providers, store its key with \`sluice secrets set ${name}\`, ${remedy(variable)}`,
      );
    }
  }
  return problems;
}

function overlayProblems(environment: RawStart["environment"]): string[] {
  const prefix = `SLUICE_${SECTION.toUpperCase()}__`;
  const secret = Object.keys(environment).filter(
    (name) => name.startsWith(prefix) && isSecretName(name.toLowerCase()) && (environment[name] ?? "").length > 8,
  );
  return secret.map((name) => {
    return `${name} is set in the environment; a provider key is never configuration: store it with \`sluice secrets set <provider>\` and unset it.`;
  });
}

function fileProblems(value: unknown, path: string, into: string[]): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    const at = `${path}.${name}`;
    if (typeof inner === "string" && (isSecretName(name) || containsSecret(inner))) {
      const provider = /\.providers\.([^.]+)/.exec(at)?.[1] ?? "<provider>";
      into.push(
        `${at} holds a provider key; a key never lies in the configuration: remove it and run \`sluice secrets set ${provider}\`.`,
      );
    } else fileProblems(inner, at, into);
  }
}

/** Provider keys where none may be, as sentences that never show a value. */
export function inspectStart(raw: RawStart): readonly string[] {
  const problems = [...variableProblems(raw.environment), ...overlayProblems(raw.environment)];
  if (typeof raw.file === "object" && raw.file !== null && SECTION in raw.file) {
    fileProblems(raw.file[SECTION], SECTION, problems);
  }
  return problems;
}
