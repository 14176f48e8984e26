import type { Command } from "commander";
import { modelsAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import type { CommandEnvironment } from "./environment.ts";
import { printJson, printTable } from "./output.ts";

/** Adds `models`: the names a caller can use. */
export function register(program: Command, environment: CommandEnvironment): void {
  program
    .command("models")
    .description("list the model names callers can use")
    .action(async () => {
      const answer = await AdminDoor.find(environment.dataDirectory()).get("/models", modelsAnswer);
      if (environment.json()) return printJson(environment, answer);
      printTable(environment, {
        columns: [
          { title: "NAME" },
          { title: "PROVIDER" },
          { title: "SERVED BY" },
          { title: "CONTEXT", numbers: true },
          { title: "ANSWER", numbers: true },
          { title: "STANDS FOR" },
        ],
        rows: answer.models.map((model) => [
          model.name,
          model.provider === "" ? "-" : model.provider,
          servedBy(model),
          model.context_tokens === 0 ? "-" : String(model.context_tokens),
          model.max_output_tokens === 0 ? "-" : String(model.max_output_tokens),
          model.targets.join(", "),
        ]),
        none: "No model is known.",
      });
    });
}

function servedBy(model: { simulated: boolean; available: boolean }): string {
  if (model.simulated) return "simulator";
  return model.available ? "provider" : "nobody: credential missing";
}
