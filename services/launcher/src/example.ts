import { renderExample } from "@sluice/platform/config";
import { allSections } from "./process/settings.ts";

/** The text of sluice.example.yaml: every key of the process and of all services, with its description and default. */
export function exampleConfiguration(): string {
  return renderExample(allSections());
}
