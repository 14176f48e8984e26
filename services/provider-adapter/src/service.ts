import type { Bus } from "@sluice/platform/bus";
import type { Secret } from "@sluice/platform/config";
import { SluiceError } from "@sluice/platform/errors";
import { newId } from "@sluice/platform/ids";
import type { Implementation } from "@sluice/platform/rpc";
import { CredentialChanged } from "@sluice/proto/events/v1/control_events";
import {
  type CredentialEntry,
  type GenerateRequest,
  type GenerateResponse,
  ListCredentialsResponse,
  type ProviderServiceDefinition,
} from "@sluice/proto/provider/v1/provider_service";
import { notStarted } from "./attempt/not-started.ts";
import type { AttemptTools, Plan } from "./attempt/types.ts";
import type { Catalog } from "./catalog.ts";
import { signerTools } from "./credentials/signers.ts";
import type { Flights } from "./flights.ts";
import type { Planner } from "./plan.ts";
import type { Provider } from "./provider.ts";
import { runChat } from "./run-chat.ts";
import { hintOf, isJsonSecret, parseSecret } from "./secrets/secret.ts";
import type { CredentialStore } from "./secrets/store.ts";

/** Credentials belong to the installation, not to a tenant; their facts need a name there all the same. */
const INSTALLATION = "installation";

/** What the contract's methods work with. */
export interface ServiceParts {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly catalog: Catalog;
  readonly credentials: CredentialStore;
  readonly planner: Planner;
  readonly tools: AttemptTools;
  readonly flights: Flights;
  readonly bus: Pick<Bus, "publish">;
  /** True once the service takes nothing new. */
  readonly draining: () => boolean;
}

function requireProvider(parts: ServiceParts, name: string): Provider {
  const provider = parts.providers.get(name);
  if (provider !== undefined) return provider;
  const known = [...parts.providers.keys()].join(", ");
  throw new SluiceError(
    "not_found",
    `There is no provider ${JSON.stringify(name.slice(0, 64))}; known are ${known}. Others are added under provider_adapter.providers.`,
    { details: { param: "provider" } },
  );
}

async function announce(parts: ServiceParts, provider: string, present: boolean): Promise<void> {
  const payload = CredentialChanged.create({ provider, present, changedAtMs: BigInt(Date.now()) });
  await parts.bus.publish({ type: "credential.changed", id: newId("crd"), tenant: INSTALLATION, payload });
}

/** What may be shown of a stored credential; nothing of one that an older version took and this one cannot read. */
function shownOf(provider: Provider, secret: Secret): string {
  try {
    return provider.openSigner?.(secret.reveal(), signerTools).hint ?? hintOf(secret);
  } catch {
    // Its use says what is wrong with it.
    return "";
  }
}

/** A credential that the provider can use, so that a mistake is told where it is made. @throws invalid_request */
function checkedSecret(provider: Provider, typed: string): string {
  const text = parseSecret(typed).reveal();
  if (provider.openSigner !== undefined) provider.openSigner(text, signerTools);
  else if (isJsonSecret(text)) {
    const message = `The credential of ${provider.name} is a single key, but a JSON object was given; give the key alone.`;
    throw new SluiceError("invalid_request", message, { details: { param: "secret" } });
  }
  return text;
}

function entryOf(parts: ServiceParts, provider: Provider): CredentialEntry {
  const stored = parts.credentials.get(provider.name);
  return {
    provider: provider.name,
    present: stored !== undefined,
    hint: stored === undefined ? "" : shownOf(provider, stored.secret),
    storedAtMs: BigInt(stored?.storedAtMs ?? 0),
    needed: provider.credential === "required",
  };
}

/** Whatever is refused here is refused before `attempt.started`. */
function planOf(parts: ServiceParts, request: GenerateRequest): Plan | Promise<Plan> {
  try {
    if (parts.draining()) throw new SluiceError("unavailable", "The provider-adapter is stopping; try again.");
    const plan = parts.planner(request);
    return plan instanceof Promise ? plan.catch(refuse) : plan;
  } catch (thrown) {
    return refuse(thrown);
  }
}

function refuse(thrown: unknown): never {
  throw notStarted(thrown);
}

/** The contract: one short method per RPC. */
export function providerService(parts: ServiceParts): Implementation<ProviderServiceDefinition> {
  return {
    generate(request, { signal }): AsyncIterable<GenerateResponse> {
      return runChat(() => planOf(parts, request), parts.tools, parts.flights, signal);
    },
    async abandonAttempt({ attemptId }) {
      return { began: parts.flights.abandon(attemptId) };
    },
    async listCatalog({ knownVersion }) {
      return parts.catalog.list(knownVersion);
    },
    async putCredential({ provider, secret }) {
      const known = requireProvider(parts, provider);
      const stored = await parts.credentials.put(known.name, checkedSecret(known, secret));
      await announce(parts, known.name, true);
      return { hint: shownOf(known, stored.secret) };
    },
    async deleteCredential({ provider }) {
      const { name } = requireProvider(parts, provider);
      const deleted = await parts.credentials.delete(name);
      if (deleted) await announce(parts, name, false);
      return { deleted };
    },
    async listCredentials() {
      const credentials = [...parts.providers.values()].map((provider) => entryOf(parts, provider));
      return ListCredentialsResponse.create({ credentials });
    },
  };
}
