import { request } from "node:http";
import type { GatewayStatus } from "../answers.ts";
import { type Finding, fail, ok } from "./finding.ts";

const ANSWER_MS_MAX = 5000;
const READY_PATHS: Readonly<Record<string, string>> = { ingress: "/readyz" };

/** Knocks at the HTTP doors the gateway says it has. */
export async function checkDoors(addresses: GatewayStatus["addresses"]): Promise<readonly Finding[]> {
  const known = addresses.filter(({ service }) => READY_PATHS[service] !== undefined);
  return await Promise.all(
    known.map(({ service, url }) => checkDoor(`door of ${service}`, `${url}${READY_PATHS[service]}`)),
  );
}

/** Knocks at one door. */
export async function checkDoor(check: string, url: string): Promise<Finding> {
  try {
    const status = await statusOf(url);
    if (status === 200) return ok(check, `${url} answers 200`);
    return fail(check, `${url} answers ${status}: it is not ready; the log says why.`);
  } catch (error) {
    return fail(check, `${url} does not answer: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

async function statusOf(url: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, signal: AbortSignal.timeout(ANSWER_MS_MAX) }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode ?? 0));
      answer.once("error", reject);
    });
    sent.once("error", reject);
    sent.end();
  });
}
