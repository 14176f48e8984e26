import type { ModelEntry, Place, Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { OWN_WIRE } from "../openai/own-wire.ts";
import { openaiResponses } from "../openai/responses/index.ts";
import { needsResponses } from "../openai/responses/models.ts";
import { mapResponses } from "../openai/responses/request.ts";
import { openaiTasks } from "../openai/tasks/table.ts";
import { taskMapper } from "../task-table.ts";
import { openCredential } from "./credential.ts";
import { models } from "./models.ts";

/** The address of a resource; undefined while nobody has said which. */
function addressOf({ resource }: Place): string | undefined {
  return resource === undefined ? undefined : `https://${resource}.openai.azure.com`;
}

interface Asked {
  readonly deployment: string;
  /** Path of the interface, as OpenAI has it. */
  readonly path: string;
}

const RESPONSES = "/responses";

/** The path below an address that may name the door already: `/openai/v1`, or `/models` for all makers' models. */
function pathOf({ baseUrl = "" }: Pick<Provider, "baseUrl">, version: string | undefined, asked: Asked): string {
  const { deployment, path } = asked;
  const query = version === undefined ? "" : `?api-version=${version}`;
  if (/\/(?:v1|models)$/.test(baseUrl)) return `${path}${query}`;
  if (version === undefined) return `/openai/v1${path}`;
  // Responses name the deployment in their body.
  if (path === RESPONSES) return `/openai${path}${query}`;
  return `/openai/deployments/${encodeURIComponent(deployment)}${path}${query}`;
}

/**
 * Azure OpenAI: a resource of one's own with deployments of models, reached by the versionless path unless a dated version is set.
 * Closing the connection stops generation and billing. https://learn.microsoft.com/azure/ai-foundry/openai/reference
 */
export function azure(settings: ProviderSettings): Provider {
  const place = settings.place ?? {};
  const provider = openaiCompatible({
    name: "azure",
    baseUrl: addressOf(place),
    models,
    environmentVariables: ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY", "AZURE_CLIENT_SECRET"],
    placeKeys: ["resource", "api_version"],
    openSigner: openCredential,
    wire: {
      ...OWN_WIRE,
      unpaired: false,
      fixedSampling: (model) => isOpenai(model) && OWN_WIRE.fixedSampling?.(model) === true,
    },
    settings,
  });
  const mapTask = taskMapper(provider, openaiTasks(provider));
  return {
    ...provider,
    mapChat: (request, deployment, entry) => {
      const mapped = needsResponses(entry.id)
        ? { ...mapResponses(provider.name, request, deployment, entry), readers: openaiResponses(provider.name) }
        : provider.mapChat(request, deployment, entry);
      return { ...mapped, path: pathOf(provider, place.api_version, { deployment, path: mapped.path }) };
    },
    mapTask: (request, deployment, entry) => {
      const mapped = mapTask(request, deployment, entry);
      return { ...mapped, path: pathOf(provider, place.api_version, { deployment, path: mapped.path }) };
    },
  };
}

const isOpenai = ({ id }: ModelEntry): boolean => /^(?:gpt-|o\d)/.test(id);
