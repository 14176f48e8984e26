import { fileURLToPath } from "node:url";
import { startNode } from "../../harness/index.ts";
import type { Target } from "./target.ts";

const PROGRAM = fileURLToPath(new URL("../../../services/launcher/src/main.ts", import.meta.url));
const BARE_PROXY = fileURLToPath(new URL("./bare-proxy.ts", import.meta.url));
const READY = /^\{"event":"ready".*$/;

/** The provider stand-in all targets share: the project's simulator as a process of its own, answering without any pause. */
export interface Upstream {
  readonly url: string;
  readonly apiKey: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startUpstream(): Promise<Upstream> {
  const child = startNode(PROGRAM, { args: ["sim", "--ttft-ms", "0", "--tokens-per-second", "0"] });
  const ready = JSON.parse((await child.line(READY))[0]) as { url: string; api_key: string };
  return { url: ready.url, apiKey: ready.api_key, pid: child.pid, stop: async () => void (await child.end()) };
}

/** The simulator without anything before it. */
export function direct(upstream: Upstream): Target {
  const { url, apiKey } = upstream;
  return { name: "direct", url, apiKey, modelPrefix: "", pids: () => ({}), stop: async () => undefined };
}

/** A bare fastify and undici proxy before the simulator. */
export async function startBareProxy(upstream: Upstream): Promise<Target> {
  const child = startNode(BARE_PROXY, { args: [upstream.url] });
  const { url } = JSON.parse((await child.line(READY))[0]) as { url: string };
  return {
    name: "bare proxy",
    url,
    apiKey: upstream.apiKey,
    modelPrefix: "",
    pids: () => ({ proxy: child.pid }),
    stop: async () => void (await child.end()),
  };
}
