import { SluiceError } from "@sluice/platform/errors";
import { parseDocument } from "yaml";
import { ANY_NAME } from "./assemble.ts";
import { ForeignMap, type Left } from "./foreign-map.ts";
import type { Deployment, Group, KeySource, Plan } from "./plan.ts";
import { makerOf, ourName } from "./provider-names.ts";

const VARIABLE = /^os\.environ\/(.+)$/;
/** Parameters that say who calls and where, instead of what is asked. */
const CREDENTIAL = /^(aws_|vertex_|azure_|watsonx_|api_version|organization|project|region_name|tenant_id|client_)/;
const NO_COUNTERPART = "it has no counterpart here";

/** Reads LiteLLM's proxy configuration (config.yaml). @throws invalid_request when the text is no YAML */
export function readLitellm(text: string): Plan {
  const left: Left[] = [];
  const file = new ForeignMap(readYaml(text), "", left);
  const groups = new Map<string, Deployment[]>();
  const routes = new Map<string, Record<string, unknown>>();
  for (const entry of file.maps("model_list")) readEntry(entry, groups, routes);
  const settings = file.map("litellm_settings");
  const routing = file.map("router_settings");
  const fallbacks = readFallbacks([settings, routing]);
  const router = readRouting(settings, routing);
  const aliases = readAliases(routing);
  readGeneral(file.map("general_settings"));
  file.leave(
    "environment_variables",
    "variables belong to the process; keys go into the sealed store (sluice secrets set)",
  );
  settings.leaveRest(NO_COUNTERPART);
  routing.leaveRest(NO_COUNTERPART);
  file.leaveRest(NO_COUNTERPART);
  return { groups: [...groupsOf({ groups, routes, fallbacks }), ...aliasGroups(aliases, groups)], router, left };
}

/** The file may hold keys, so nothing of it is repeated in an error but the place. */
function readYaml(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error === undefined) return document.toJS();
  const line = error.linePos?.[0].line;
  throw new SluiceError(
    "invalid_request",
    `It is no YAML${line === undefined ? "" : `: see line ${line}`} (${error.code}).`,
  );
}

interface Names {
  readonly groups: ReadonlyMap<string, readonly Deployment[]>;
  readonly routes: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly fallbacks: Fallbacks;
}

function groupsOf({ groups, routes, fallbacks }: Names): readonly Group[] {
  return [...groups].map(([name, deployments]) => ({
    name,
    deployments,
    fallbacks: [...new Set([...(fallbacks.of.get(name) ?? []), ...fallbacks.forAll])].filter((other) => other !== name),
    route: routes.get(name) ?? {},
  }));
}

function readEntry(
  entry: ForeignMap,
  groups: Map<string, Deployment[]>,
  routes: Map<string, Record<string, unknown>>,
): void {
  const name = entry.text("model_name");
  const params = entry.map("litellm_params");
  const model = params.text("model");
  if (name === undefined || model === undefined) {
    entry.tell("", "it has no model_name or no litellm_params.model, so it is left out");
    return;
  }
  const deployment = readDeployment(params, model);
  const info = entry.map("model_info");
  for (const key of ["id", "db_model", "base_model", "mode"]) info.text(key);
  for (const key of info.keys().filter((each) => each.includes("cost"))) {
    info.leave(key, `prices stand in a catalogue: see docs/prices.md (ledger.prices_directory), for ${model}`);
  }
  info.leaveRest("what models can do is known by the catalogue (provider_adapter.providers.<name>.models)");
  const route = routeOf(params);
  for (const key of params.keys().filter((each) => CREDENTIAL.test(each))) {
    params.leave(
      key,
      `it belongs to the credential or the address of ${deployment?.provider ?? "the provider"}: see docs/providers.md and sluice secrets set`,
    );
  }
  params.leaveRest("it would be sent with each request; let the caller send it");
  entry.leaveRest(NO_COUNTERPART);
  if (deployment === undefined) return;
  if (name.includes("*")) {
    if (name === "*" || name !== `${deployment.provider}/*`) {
      entry.tell(
        "model_name",
        "a pattern of names has no counterpart; callers write provider/model for any model of a provider",
      );
    }
    // The provider's address and key are still wanted: "provider/*" is how every model can be asked for here anyway.
    push(groups, ANY_NAME, { ...deployment, model: ANY_NAME });
    return;
  }
  if (deployment.model.includes("*")) {
    entry.tell("litellm_params.model", "a pattern of models behind one name has no counterpart");
    return;
  }
  push(groups, name, deployment);
  if (Object.keys(route).length > 0) routes.set(name, { ...routes.get(name), ...route });
}

function push(groups: Map<string, Deployment[]>, name: string, deployment: Deployment): void {
  const list = groups.get(name);
  if (list === undefined) groups.set(name, [deployment]);
  else list.push(deployment);
}

function readDeployment(params: ForeignMap, named: string): Deployment | undefined {
  const custom = params.text("custom_llm_provider");
  const slash = named.indexOf("/");
  const prefix = custom ?? (slash > 0 ? named.slice(0, slash) : makerOf(named));
  if (prefix === undefined) {
    params.tell("model", `whose model "${named}" is cannot be told: write it as provider/model`);
    return undefined;
  }
  const address = params.text("api_base") ?? params.text("base_url");
  const secret = params.text("api_key");
  if (params.has("rpm") || params.has("tpm")) {
    params.tell("rpm", "limits of a deployment became its weight; limits of callers are set by `sluice limits`");
  }
  const [rpm, tpm] = [params.number("rpm"), params.number("tpm")];
  return {
    provider: providerOf(prefix, address),
    model: custom === undefined && slash > 0 ? named.slice(slash + 1) : named,
    address: address === undefined ? undefined : placeOf(address, params),
    key: secret === undefined ? undefined : keyOf(secret),
    weight: params.number("weight") ?? rpm ?? tpm,
    where: params.path,
  };
}

/** What speaks OpenAI's wire at an address of its own is a provider of its own, named after its host. */
function providerOf(prefix: string, address: string | undefined): string {
  const name = ourName(prefix);
  if (address === undefined || (name !== "openai" && name !== "openai-compatible")) return name;
  const host = URL.parse(address)?.hostname ?? "";
  if (host === "api.openai.com") return "openai";
  const label = host
    .replace(/^(api|www)\./, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return /^[a-z]/.test(label) ? label.slice(0, 40) : `host-${label}`.slice(0, 40);
}

function placeOf(address: string, params: ForeignMap): string | undefined {
  if (!VARIABLE.test(address)) return address.replace(/\/+$/, "");
  params.tell("api_base", `the address comes from a variable (${address}): set base_url of the provider`);
  return undefined;
}

function keyOf(secret: string): KeySource {
  const variable = VARIABLE.exec(secret)?.[1];
  return variable === undefined ? { kind: "literal", secret } : { kind: "variable", name: variable };
}

/** Limits of time and length of one deployment; here they belong to the name. */
function routeOf(params: ForeignMap): Record<string, unknown> {
  const total = seconds(params.number("timeout"));
  const first = seconds(params.number("stream_timeout"));
  const tokens = params.number("max_tokens") ?? params.number("max_completion_tokens");
  const retries = params.number("max_retries");
  return {
    ...((total !== undefined || first !== undefined) && {
      timeouts: {
        ...(first !== undefined && { first_content_ms: first }),
        ...(total !== undefined && { total_ms: total }),
      },
    }),
    ...(tokens !== undefined && tokens >= 1 && { default_output_tokens: Math.floor(tokens) }),
    ...(retries !== undefined && retries >= 0 && { attempts_max: Math.min(16, Math.floor(retries) + 1) }),
  };
}

interface Fallbacks {
  readonly of: ReadonlyMap<string, readonly string[]>;
  readonly forAll: readonly string[];
}

/** A list of one-key mappings `{name: [other, …]}`, in either section. */
function readFallbacks(sections: readonly ForeignMap[]): Fallbacks {
  const found = new Map<string, string[]>();
  const forAll: string[] = [];
  for (const section of sections) {
    for (const key of ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"]) {
      for (const rule of section.maps(key)) {
        for (const name of rule.keys()) {
          const others = rule.texts(name);
          if (name === "*") forAll.push(...others);
          else found.set(name, [...(found.get(name) ?? []), ...others]);
        }
      }
    }
    forAll.push(...section.texts("default_fallbacks"));
  }
  return { of: found, forAll };
}

function readRouting(settings: ForeignMap, routing: ForeignMap): Record<string, unknown> {
  const total = seconds(routing.number("timeout") ?? settings.number("request_timeout"));
  const first = seconds(routing.number("stream_timeout"));
  const retries = routing.number("num_retries") ?? settings.number("num_retries");
  const fails = routing.number("allowed_fails") ?? settings.number("allowed_fails");
  const cooldown = seconds(routing.number("cooldown_time") ?? settings.number("cooldown_time"));
  const strategy = routing.text("routing_strategy");
  if (strategy !== undefined && strategy !== "simple-shuffle") {
    routing.tell(
      "routing_strategy",
      `"${strategy}" has no counterpart; a name's targets are tried in order, or drawn by weight`,
    );
  }
  return {
    ...((total !== undefined || first !== undefined) && {
      timeouts: {
        ...(first !== undefined && { first_content_ms: first }),
        ...(total !== undefined && { total_ms: total }),
      },
    }),
    ...(retries !== undefined && { retry: { same_candidate_max: Math.min(8, Math.max(0, Math.floor(retries))) } }),
    ...((fails !== undefined || cooldown !== undefined) && {
      breaker: {
        ...(fails !== undefined && { failures_min: Math.max(1, Math.floor(fails)) }),
        ...(cooldown !== undefined && { open_ms: cooldown, open_max_ms: Math.max(60_000, cooldown) }),
      },
    }),
  };
}

/** `model_group_alias`: further names of groups. */
function readAliases(routing: ForeignMap): ReadonlyMap<string, string> {
  const aliases = routing.map("model_group_alias");
  const found = new Map<string, string>();
  for (const name of aliases.keys()) {
    const target = aliases.text(name);
    if (target !== undefined) found.set(name, target);
  }
  return found;
}

function aliasGroups(
  aliases: ReadonlyMap<string, string>,
  groups: ReadonlyMap<string, Deployment[]>,
): readonly Group[] {
  return [...aliases].map(([name, target]) => ({
    name,
    deployments: groups.get(target) ?? [],
    fallbacks: groups.has(target) ? [] : [target],
    route: {},
  }));
}

function readGeneral(general: ForeignMap): void {
  general.leave(
    "master_key",
    "there is no master key: the admin door is for the owner of the data directory; callers get keys by `sluice keys create`",
  );
  general.leave(
    "database_url",
    "budgets and keys live in Sluice's own store (sql.*); keys are made anew by `sluice keys create`",
  );
  general.leave("database_connection_pool_limit", "see sql.pool_size");
  general.leaveRest(NO_COUNTERPART);
}

/** Seconds as whole milliseconds. */
function seconds(value: number | undefined): number | undefined {
  return value === undefined || value <= 0 ? undefined : Math.round(value * 1_000);
}
