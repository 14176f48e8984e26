import { SluiceError } from "@sluice/platform/errors";
import { ANY_NAME } from "./assemble.ts";
import { ForeignMap, type Left } from "./foreign-map.ts";
import type { Deployment, Group, KeySource, Plan } from "./plan.ts";
import { ourName } from "./provider-names.ts";

const NO_COUNTERPART = "it has no counterpart here";

/** Reads a config of Portkey's gateway (JSON). The name of what it makes is `name`. @throws invalid_request when the text is no JSON */
export function readPortkey(text: string, name: string): Plan {
  const left: Left[] = [];
  const file = new ForeignMap(snakeKeys(readJson(text)), "", left);
  const inherited = providerOf(file);
  const router = { ...retryOf(file), ...timeoutsOf(file) };
  const deployments =
    file.has("targets") || file.has("strategy") ? readTargets(file, inherited) : readTarget(file, inherited, 1);
  file.leaveRest(NO_COUNTERPART);
  const named = deployments.filter(({ model }) => model !== ANY_NAME);
  if (named.length < deployments.length) {
    left.push({
      where: "targets",
      why: `targets without override_params.model serve whatever model the caller names; here callers write provider/model, and the name ${name} has only the targets that name theirs`,
    });
  }
  const groups: Group[] = [
    { name, deployments: named, fallbacks: [], route: {} },
    // Their addresses and keys are wanted all the same.
    {
      name: ANY_NAME,
      deployments: deployments.filter(({ model }) => model === ANY_NAME),
      fallbacks: [],
      route: {},
    },
  ];
  return { groups: groups.filter((group) => group.deployments.length > 0), router, left };
}

/** The file may hold keys, and the engine's own message repeats what it could not read. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SluiceError("invalid_request", "It is no JSON.");
  }
}

/** What a target takes from the one it stands in. */
interface Inherited {
  readonly provider: string | undefined;
  readonly address: string | undefined;
  readonly key: KeySource | undefined;
  readonly model: string | undefined;
}

function readTargets(map: ForeignMap, inherited: Inherited): readonly Deployment[] {
  const strategy = map.map("strategy");
  const mode = strategy.text("mode") ?? "single";
  if (strategy.has("on_status_codes")) {
    strategy.leave("on_status_codes", "which failures are followed by another attempt is fixed: docs/routing.md");
  }
  if (mode === "conditional")
    strategy.tell("mode", "conditions on metadata have no counterpart; the targets are tried in order");
  strategy.leaveRest(NO_COUNTERPART);
  const targets = map.maps("targets");
  const used = mode === "single" ? targets.slice(0, 1) : targets;
  for (const unused of targets.slice(used.length)) unused.tell("", "the strategy single uses the first target only");
  return used.flatMap((target) => {
    const weight = target.number("weight");
    const inner = merge(inherited, providerOf(target));
    const found = target.has("targets") ? readTargets(target, inner) : readTarget(target, inner, weight);
    retryOf(target, true);
    timeoutsOf(target, true);
    target.leaveRest(NO_COUNTERPART);
    return mode === "loadbalance"
      ? found.map((each) => ({ ...each, weight: weight ?? each.weight ?? 1 }))
      : found.map(unweighted);
  });
}

const unweighted = (deployment: Deployment): Deployment => ({ ...deployment, weight: undefined });

function readTarget(target: ForeignMap, own: Inherited, weight: number | undefined): readonly Deployment[] {
  if (weight === 0) {
    target.tell("weight", "a target of weight 0 is never drawn, so it is left out");
    return [];
  }
  if (own.provider === undefined) {
    target.tell("", "it names no provider, so it is left out");
    return [];
  }
  const { provider, address, key, model = ANY_NAME } = own;
  return [{ provider, model, address, key, weight, where: target.path === "" ? "the file" : target.path }];
}

function providerOf(map: ForeignMap): Inherited {
  const named = map.text("provider");
  const key = map.text("api_key");
  const virtual = map.text("virtual_key");
  const override = map.map("override_params");
  const model = override.text("model");
  override.leaveRest("it would be sent with each request; let the caller send it");
  // "@slug/model" names a provider of Portkey's own catalogue and, behind it, a model.
  const [slug, slugModel] = model?.startsWith("@") === true ? split(model.slice(1)) : [undefined, model];
  const provider = named ?? slug;
  if (provider?.startsWith("@") === true || slug !== undefined) {
    map.tell(
      "provider",
      `"${provider}" is an integration of Portkey's; it is taken for the provider ${ourName(plain(provider ?? ""))}`,
    );
  }
  if (named === undefined && virtual !== undefined) {
    map.tell("virtual_key", `whose key "${virtual}" is cannot be told from here: add "provider" beside it`);
  }
  return {
    provider: provider === undefined ? undefined : ourName(plain(provider)),
    address: map.text("custom_host")?.replace(/\/+$/, ""),
    key: keyOf(key, virtual),
    model: slugModel,
  };
}

const plain = (provider: string): string => provider.replace(/^@/, "");

function split(text: string): readonly [string, string] {
  const slash = text.indexOf("/");
  return slash < 0 ? [text, ANY_NAME] : [text.slice(0, slash), text.slice(slash + 1)];
}

function keyOf(key: string | undefined, virtual: string | undefined): KeySource | undefined {
  if (key !== undefined) return { kind: "literal", secret: key };
  return virtual === undefined ? undefined : { kind: "elsewhere", name: virtual };
}

function merge(outer: Inherited, inner: Inherited): Inherited {
  return {
    provider: inner.provider ?? outer.provider,
    address: inner.address ?? outer.address,
    key: inner.key ?? outer.key,
    model: inner.model ?? outer.model,
  };
}

/** Retries and the wait; of a target they can only be told. */
function retryOf(map: ForeignMap, ofTarget = false): Record<string, unknown> {
  if (ofTarget) map.leave("retry", "retries are set for the whole router (router.retry) or by route (attempts_max)");
  const retry = map.map("retry");
  const attempts = retry.number("attempts");
  retry.leave("on_status_codes", "which failures are repeated is fixed: docs/routing.md");
  retry.leave("use_retry_after_header", "retry-after is always honoured");
  retry.leaveRest(NO_COUNTERPART);
  if (attempts === undefined) return {};
  return { retry: { same_candidate_max: Math.min(8, Math.max(0, Math.floor(attempts))) } };
}

function timeoutsOf(map: ForeignMap, ofTarget = false): Record<string, unknown> {
  if (ofTarget)
    map.leave("request_timeout", "limits of time are set for the whole router (router.timeouts) or by route");
  const total = map.number("request_timeout");
  return total === undefined || total <= 0 ? {} : { timeouts: { total_ms: Math.round(total) } };
}

/** Portkey takes `apiKey` as well as `api_key`. Headers and the like keep their names: only keys without a dash are changed. */
function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snake(key), snakeKeys(inner)]));
}

const snake = (key: string): string =>
  key.replace(/([a-z0-9])([A-Z])/g, (_, before: string, letter: string) => `${before}_${letter.toLowerCase()}`);
