import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { checkDoor } from "./doors.ts";
import { type Finding, warn } from "./finding.ts";

/** What the distributed shape says about its processes: the operations door of each, by name. */
const processesFile = z.looseObject({ ops: z.record(z.string(), z.url({ hostname: /^127\.0\.0\.1$/ })).default({}) });

/** Knocks at the operations door of every process of the distributed shape; nothing where there is no such shape. */
export async function checkProcesses(directory: string): Promise<readonly Finding[]> {
  const file = join(directory, "processes.json");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return [];
  const parsed = processesFile.safeParse(parseJson(text));
  if (!parsed.success) return [warn("processes", `${file} cannot be read: start the gateway again.`)];
  return await Promise.all(
    Object.entries(parsed.data.ops).map(([name, url]) => checkDoor(`process ${name}`, `${url}/readyz`)),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says that the file has not the shape it should have.
    return undefined;
  }
}
