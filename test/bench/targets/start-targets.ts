import { resolve } from "node:path";
import { startGateway } from "./gateway.ts";
import { startPortkey } from "./portkey.ts";
import { direct, startBareProxy, startUpstream, type Upstream } from "./stand-in.ts";
import type { Target } from "./target.ts";

const STARTS: Readonly<Record<string, (upstream: Upstream) => Promise<Target>>> = {
  direct: async (upstream) => direct(upstream),
  bare: startBareProxy,
  portkey: startPortkey,
  embedded: (upstream) => startGateway({ shape: "embedded", upstream }),
  distributed: (upstream) => startGateway({ shape: "distributed", upstream }),
};

export interface Started {
  readonly targets: readonly Target[];
  readonly upstream: Upstream;
  stop(): Promise<void>;
}

export interface TargetChoice {
  readonly names: readonly string[];
  /** Another checkout whose one-process gateway is measured too. */
  readonly against?: string | undefined;
}

/** Starts the named targets one after another before one simulator. @throws on an unknown name */
export async function startTargets({ names, against }: TargetChoice): Promise<Started> {
  const starts = names.map((name) => {
    const start = STARTS[name];
    if (start === undefined) throw new Error(`Unknown target ${name}: there are ${Object.keys(STARTS).join(", ")}.`);
    return start;
  });
  if (against !== undefined)
    starts.push((upstream) =>
      startGateway({ shape: "embedded", upstream, name: "against", checkout: resolve(against) }),
    );
  const upstream = await startUpstream();
  const targets: Target[] = [];
  for (const start of starts) targets.push(await start(upstream));
  return {
    targets,
    upstream,
    stop: async () => {
      await Promise.all(targets.map((target) => target.stop()));
      await upstream.stop();
    },
  };
}
