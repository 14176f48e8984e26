import { SluiceError } from "@sluice/platform/errors";
import type { AttemptTimeouts, GenerateRequest } from "@sluice/proto/provider/v1/provider_service";
import type { DrainLimits } from "./attempt/drain-guard.ts";
import type { Plan } from "./attempt/types.ts";
import type { Catalog } from "./catalog.ts";
import type { ProviderAdapterConfig } from "./config.ts";
import type { SignerOf } from "./credentials/signers.ts";
import type { OutboundRequest } from "./http/types.ts";
import type { Limits } from "./http/watchdog.ts";
import { mapRequest } from "./map-request.ts";
import type { Provider } from "./provider.ts";

/** Gives a provider's credential: undefined if it needs none. @throws credential_missing */
export type CredentialOf = (provider: Provider) => string | undefined;

/** Turns requests into attempts that are ready to start; a promise only while a credential has to be fetched. */
export type Planner = (request: GenerateRequest) => Plan | Promise<Plan>;

function limitsOf(config: ProviderAdapterConfig, provider: string, asked: AttemptTimeouts | undefined): Limits {
  const own = config.providers[provider];
  return {
    connectMs: asked?.connectMs || (own?.connect_timeout_ms ?? config.connect_timeout_ms),
    firstContentMs: asked?.firstContentMs || (own?.first_content_timeout_ms ?? config.first_content_timeout_ms),
    idleMs: asked?.idleMs || (own?.idle_timeout_ms ?? config.idle_timeout_ms),
    totalMs: asked?.totalMs || (own?.total_timeout_ms ?? config.total_timeout_ms),
  };
}

function drainOf(config: ProviderAdapterConfig, provider: string): DrainLimits {
  const timeoutMs = config.providers[provider]?.drain_timeout_ms ?? config.drain_timeout_ms;
  return { timeoutMs, maxBytes: config.drain_max_bytes };
}

interface Address {
  readonly origin: string;
  readonly path: string;
}

function addressOf(provider: Provider, known: Map<string, Address>): Address {
  const { baseUrl, name } = provider;
  if (baseUrl === undefined) {
    throw new SluiceError(
      "unavailable",
      `The address of ${name} is not known: start the service that answers it, or set provider_adapter.providers.${name}.base_url.`,
      { details: { provider: name } },
    );
  }
  let address = known.get(baseUrl);
  if (address === undefined) {
    const url = new URL(baseUrl);
    address = { origin: url.origin, path: url.pathname.replace(/\/+$/, "") };
    known.set(baseUrl, address);
  }
  return address;
}

type Unsigned = Omit<Plan, "outbound" | "signer" | "secrets">;

/** Completes a plan with what proves who asks. */
function signed(
  plan: Unsigned,
  outbound: OutboundRequest,
  credential: string | undefined,
  signerOf: SignerOf,
): Plan | Promise<Plan> {
  const { provider } = plan;
  const signer = signerOf(provider, credential);
  if (signer === undefined) {
    const headers = { ...outbound.headers, ...provider.authorize(credential) };
    const secrets = credential === undefined ? [] : [credential];
    return { ...plan, outbound: { ...outbound, headers }, secrets, signer };
  }
  const complete = (proof: Readonly<Record<string, string>>): Plan => {
    const headers = { ...outbound.headers, ...proof };
    return { ...plan, outbound: { ...outbound, headers }, secrets: signer.secrets, signer };
  };
  const proof = signer.sign(outbound);
  return proof instanceof Promise ? proof.then(complete) : complete(proof);
}

/** What the planner is made of. */
export interface PlannerParts {
  readonly config: ProviderAdapterConfig;
  readonly catalog: Catalog;
  readonly credentialOf: CredentialOf;
  readonly signerOf: SignerOf;
}

/**
 * Makes the planner: looks the model up, finds address and credential, maps the request. Whatever can be refused is
 * refused here, before `attempt.started`, so that the hold can simply be voided.
 */
export function makePlanner({ config, catalog, credentialOf, signerOf }: PlannerParts): Planner {
  const addresses = new Map<string, Address>();
  return (request) => {
    const found = catalog.find(request.provider, request.model);
    if (found === undefined) {
      throw new SluiceError(
        "not_found",
        `There is no model ${request.model} of a provider ${request.provider}; \`sluice models\` lists them, provider_adapter.providers.${request.provider}.models adds some.`,
      );
    }
    if (request.attemptId === "" || request.tenantId === "") {
      throw new SluiceError("invalid_request", "An attempt needs an attempt id and a tenant.");
    }
    const { provider, entry } = found;
    const { origin, path } = addressOf(provider, addresses);
    const credential = credentialOf(provider);
    const { chat, mapped, task } = mapRequest(request, found);
    const headers = { ...mapped.headers, "x-client-request-id": request.attemptId, "user-agent": "sluice" };
    const plan: Unsigned = {
      request,
      chat,
      task,
      provider,
      readers: mapped.readers ?? provider,
      priceId: request.priceId || entry.priceId,
      warnings: mapped.warnings,
      limits: limitsOf(config, provider.name, request.timeouts),
      drain: drainOf(config, provider.name),
    };
    return signed(plan, { origin, path: path + mapped.path, headers, body: mapped.body }, credential, signerOf);
  };
}
