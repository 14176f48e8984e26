import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import { z } from "zod";
import { keysAnswer, member, modelsAnswer, newKeyAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import type { CommandEnvironment } from "../commands/environment.ts";

export interface Announcement {
  readonly url: string;
  readonly dataDirectory: string;
  readonly log: Logger;
}

type Models = z.output<typeof modelsAnswer>["models"];

const FIRST_USER = "owner";
/** Answers shortly; others play long answers or use up their whole bound. */
const FIRST_MODEL = "sim/small";
const READY_POLL_MS = 20;
const READY_MS = 20_000;

/**
 * Says that the gateway is ready: where it is, which models are real and which simulated. At the first start it also makes a user
 * and a key, and shows the key for the only time.
 */
export async function announce(environment: CommandEnvironment, gateway: Announcement): Promise<void> {
  await untilReady(gateway.url);
  const door = AdminDoor.find(gateway.dataDirectory);
  // The key comes last: nothing may fail between its making and its showing.
  const models = await reachableModels(door);
  const apiKey = await firstKey(door);
  if (environment.json()) {
    const ready = {
      event: "ready",
      url: gateway.url,
      data_dir: gateway.dataDirectory,
      ...(apiKey && { api_key: apiKey }),
    };
    environment.stdout.write(`${JSON.stringify(ready)}\n`);
    return;
  }
  environment.stdout.write(describe(gateway, models, apiKey));
}

/** Readiness as callers see it: the door's own answer. */
async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const response = await fetch(`${url}/readyz`);
    const text = await response.text();
    if (response.ok) return;
    if (Date.now() > deadline) throw new Error(`The gateway is not ready after ${READY_MS} ms: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

/** The models; services that start side by side may need a moment to reach each other. */
async function reachableModels(door: AdminDoor): Promise<Models> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    try {
      return (await door.get("/models", modelsAnswer)).models;
    } catch (error) {
      if (SluiceError.from(error).code !== "unavailable" || Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

/** Makes the first user and key if there has never been a key. The secret exists nowhere but in what is returned. */
async function firstKey(door: AdminDoor): Promise<string | undefined> {
  const { keys } = await door.get("/keys", keysAnswer, { include_ended: "true" });
  if (keys.length > 0) return undefined;
  const { users } = await door.get("/users", z.object({ users: z.array(member) }));
  if (!users.some((user) => user.name === FIRST_USER))
    await door.post("/users", z.looseObject({}), { name: FIRST_USER });
  const made = await door.post("/keys", newKeyAnswer, { user: FIRST_USER, name: "first key" });
  return made.secret;
}

function describe(gateway: Announcement, models: Models, apiKey: string | undefined): string {
  const real = models.filter((model) => !model.simulated && model.available);
  const simulated = models.filter((model) => model.simulated);
  const shown = real[0] ?? simulated.find(({ name }) => name === FIRST_MODEL) ?? simulated[0];
  const lines = [`Sluice is ready at ${gateway.url} (data in ${gateway.dataDirectory}).`, ""];
  if (apiKey === undefined) {
    lines.push("Make an API key with `npx sluice keys create`; `npx sluice keys list` shows those there are.", "");
  } else {
    lines.push(
      "Your API key, shown only now (it is stored hashed):",
      "",
      `  ${apiKey}`,
      "",
      "A request to paste:",
      "",
      `  curl -sS ${gateway.url}/v1/chat/completions \\`,
      `    -H 'Authorization: Bearer ${apiKey}' \\`,
      "    -H 'Content-Type: application/json' \\",
      `    -d '{"model": "${shown?.name ?? FIRST_MODEL}", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}'`,
      "",
    );
  }
  lines.push(...describeModels(real, simulated), "");
  return lines.join("\n");
}

function simulatedFirst(simulated: Models): string | undefined {
  return (simulated.find(({ name }) => name === FIRST_MODEL) ?? simulated[0])?.provider;
}

function describeModels(real: Models, simulated: Models): string[] {
  const names = (models: Models) => models.map((model) => model.name).join(", ");
  const providers = [...new Set(real.map((model) => model.provider))];
  const realLine =
    real.length === 0
      ? "Real models: none yet; store a provider's key with `npx sluice secrets set <provider>`."
      : `Real models: ${real.length} of ${providers.join(", ")}; \`npx sluice models\` lists them.`;
  // The same models answer over other providers' wires too; a list of all would hide the four that matter.
  const first = simulated.filter(({ provider }) => provider === simulatedFirst(simulated));
  return [realLine, `Simulated models (built in, made-up answers, made-up prices): ${names(first)}.`];
}
