const ROOT = new URL("../../../", import.meta.url).href;

/** First match wins. Paths are relative to the repository. */
const STEPS: readonly (readonly [step: string, path: RegExp])[] = [
  ["validator", /^services\/validator\//],
  ["quality-monitor", /^services\/quality-monitor\//],
  ["ledger: holds", /^services\/ledger\/src\/(holds|answers|service|accounts)/],
  ["ledger: prices", /^services\/ledger\/src\/prices/],
  ["ledger: apply", /^services\/ledger\//],
  ["identity", /^services\/identity\//],
  ["ingress: admission", /^services\/ingress\/src\/(admission|keys)\//],
  ["ingress: endpoint (parse, print)", /^services\/ingress\/src\/endpoints\//],
  ["ingress: HTTP", /^services\/ingress\//],
  ["router: events", /^services\/router\/src\/(record|events|attempt\/report)/],
  ["router", /^services\/router\//],
  ["adapter: mapping", /^services\/provider-adapter\/src\/providers\//],
  ["adapter: HTTP", /^services\/provider-adapter\/src\/http\//],
  ["adapter: attempt", /^services\/provider-adapter\//],
  ["simulator (in process)", /^services\/simulator\//],
  ["rpc", /^services\/(platform\/src\/rpc|launcher)\//],
  ["protobuf", /^(proto\/gen|node_modules\/@bufbuild)\//],
  ["bus", /^services\/platform\/src\/bus\//],
  ["sql", /^services\/platform\/src\/sql\/|^node_modules\/kysely\//],
  ["log", /^services\/platform\/src\/log\/|^node_modules\/(pino|sonic-boom)/],
  ["metrics", /^services\/platform\/src\/metrics\/|^node_modules\/prom-client\//],
  ["chat accumulation", /^services\/platform\/src\/chat\//],
  ["platform: other", /^services\/platform\//],
  ["fastify", /^node_modules\/(fastify|@fastify|find-my-way|avvio|light-my-request|fast-json)/],
  ["undici", /^node_modules\/undici\//],
  ["zod", /^node_modules\/zod\//],
  ["other packages", /^node_modules\//],
];

const BUILT_IN: readonly (readonly [step: string, name: RegExp])[] = [
  ["node: HTTP server", /^node:(_http|http)/],
  ["node: sockets, streams", /^node:(net|internal\/(stream|streams|net|tls)|stream)/],
  ["node: timers, ticks", /^node:internal\/(timers|process)/],
];

/** The step a source belongs to; undefined for what has no place of its own (natives, Node's own code). */
export function stepOf(url: string): string | undefined {
  // Packages may lie elsewhere, and CommonJS ones are named by path instead of URL.
  const inPackage = url.lastIndexOf("node_modules/");
  const path = inPackage >= 0 ? url.slice(inPackage) : url.startsWith(ROOT) ? url.slice(ROOT.length) : undefined;
  return path === undefined ? undefined : STEPS.find(([, pattern]) => pattern.test(path))?.[0];
}

/** The step of Node's own code when nobody of ours called it. */
export function builtInStepOf(url: string): string {
  return BUILT_IN.find(([, pattern]) => pattern.test(url))?.[0] ?? "node: other";
}
