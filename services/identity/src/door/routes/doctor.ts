import { SluiceError } from "@sluice/platform/errors";
import { StatusRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { ListCredentialsRequest } from "@sluice/proto/provider/v1/provider_service";
import { CountsRequest } from "@sluice/proto/quality/v1/quality_service";
import { ListModelsRequest } from "@sluice/proto/router/v1/router_service";
import { doorJson } from "../json.ts";
import { probeLimit } from "../limit-probe.ts";
import { type DoorParts, within } from "../parts.ts";
import { type DoorRoute, route } from "../route.ts";

const DOORS_WITH_HTTP = ["ingress", "simulator"];
const COUNTED_MS = 60_000n;

/** Facts `sluice doctor` judges, and the proof that a limit bites. */
export function doctorRoutes(parts: DoorParts): readonly DoorRoute[] {
  return [
    route({
      method: "GET",
      path: "/status",
      action: "status.read",
      handle: async ({ signal }) => await status(parts, signal),
    }),
    route({
      method: "POST",
      path: "/doctor/limit-probe",
      action: "doctor.limit_probe",
      handle: async ({ signal, audit }) => await probeLimit(parts, signal, audit),
    }),
  ];
}

async function status(parts: DoorParts, signal: AbortSignal): Promise<unknown> {
  const { ledger, providers, router, quality } = parts.clients;
  const options = within(parts, signal);
  const since = CountsRequest.create({ fromMs: BigInt(Date.now()) - COUNTED_MS });
  const [books, credentials, models, counts, redis] = await Promise.all([
    asked("ledger", () => ledger.status(StatusRequest.create(), options)),
    asked("provider-adapter", () => providers.listCredentials(ListCredentialsRequest.create(), options)),
    asked("router", () => router.listModels(ListModelsRequest.create(), options)),
    asked("quality-monitor", () => quality.counts(since, options)),
    parts.facts.redis(),
  ]);
  const addresses = DOORS_WITH_HTTP.map((name) => ({ service: name, url: parts.facts.httpAddress(name) }));
  return {
    now_ms: Date.now(),
    pid: process.pid,
    data_directory: parts.facts.dataDirectory,
    not_ready: parts.facts.notReady(),
    bus: doorJson(parts.bus.health()),
    redis,
    services: [books, credentials, models, counts].map(({ service, problem }) => ({ service, problem })),
    ledger: doorJson(books.answer) ?? null,
    credentials: doorJson(credentials.answer?.credentials ?? []),
    models: doorJson(models.answer?.models ?? []),
    addresses: addresses.filter((address) => address.url !== undefined),
  };
}

/** A service's answer, or why there is none: one service that is away must not hide the others. */
async function asked<T>(
  service: string,
  call: () => Promise<T>,
): Promise<{ service: string; answer?: T; problem: string | null }> {
  try {
    return { service, answer: await call(), problem: null };
  } catch (thrown) {
    const error = SluiceError.from(thrown);
    return { service, problem: `${error.code}: ${error.message}` };
  }
}
