import { SluiceError } from "@sluice/platform/errors";
import { newId } from "@sluice/platform/ids";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import {
  HoldRequest,
  type HoldResponse,
  QuoteRequest,
  RefusalReason,
  SetBudgetRequest,
  VoidRequest,
} from "@sluice/proto/ledger/v1/ledger_service";
import { type CatalogModel, ListCatalogRequest } from "@sluice/proto/provider/v1/provider_service";
import type { KeyRow } from "../store/schema.ts";
import { type DoorParts, within } from "./parts.ts";
import type { AuditFacts } from "./route.ts";

const PROBE_LIMIT_NANOUSD = 1n;
const PROBE_LIFE_MS = 60_000;
const INPUT_TOKENS = 1000n;
const OUTPUT_TOKENS = 1000n;
const QUOTES_MAX = 20;

/** What the probe found. */
export interface LimitProbe {
  /** True if the ledger refused to hold more than the key's budget. */
  readonly refused: boolean;
  readonly reason: string;
  readonly model: string;
  readonly message: string;
}

/**
 * Proves that a limit bites: makes a key with a budget of one nano-USD, asks the ledger to hold the price of a real
 * call on it, and expects a refusal. Nothing is called upstream, and the key is removed whatever happens.
 * @throws not_found when no model has a price, and whatever the services throw
 */
export async function probeLimit(parts: DoorParts, signal: AbortSignal, audit: AuditFacts): Promise<LimitProbe> {
  const model = await pricedModel(parts, signal);
  const org = await parts.domain.directory.org("").catch(async () => (await parts.domain.directory.list()).orgs[0]);
  if (org === undefined) throw new SluiceError("not_found", "There is no organisation to probe with.");
  const { key } = await parts.domain.keys.create({
    org: org.id,
    team: "",
    user: "",
    name: "doctor limit probe",
    ttlMs: BigInt(PROBE_LIFE_MS),
    budgetNanousd: PROBE_LIMIT_NANOUSD,
    allowedModels: [],
  });
  audit.target = key.id;
  audit.tenant = key.org_id;
  try {
    return await probe(parts, signal, key, model);
  } finally {
    await removeTraces(parts, key);
  }
}

async function pricedModel(parts: DoorParts, signal: AbortSignal): Promise<CatalogModel> {
  const { models } = await parts.clients.providers.listCatalog(ListCatalogRequest.create(), within(parts, signal));
  // Simulated models first: they are priced in every installation and cost nobody money if a hold should stay.
  const ordered = [...models].sort((a, b) => Number(b.simulated) - Number(a.simulated)).slice(0, QUOTES_MAX);
  for (const model of ordered) {
    const request = QuoteRequest.create({
      priceId: model.priceId,
      usage: { inputTokens: INPUT_TOKENS, outputTokens: OUTPUT_TOKENS },
    });
    const quote = await parts.clients.ledger.quote(request, within(parts, signal));
    if (quote.priced && quote.costNanousd > PROBE_LIMIT_NANOUSD) return model;
  }
  throw new SluiceError("not_found", "No model of the catalogue has a price, so no limit can be probed.");
}

async function probe(parts: DoorParts, signal: AbortSignal, key: KeyRow, model: CatalogModel): Promise<LimitProbe> {
  const attemptId = newId("att");
  const request = HoldRequest.create({
    attemptId,
    requestId: newId("req"),
    tenantId: key.org_id,
    accounts: [{ kind: AccountKind.ACCOUNT_KIND_KEY, id: key.id }],
    provider: model.provider,
    model: model.model,
    priceId: model.priceId,
    inputTokenBound: INPUT_TOKENS,
    outputTokenBound: OUTPUT_TOKENS,
    n: 1,
    startedAtMs: BigInt(Date.now()),
    ttlMs: BigInt(PROBE_LIFE_MS),
  });
  const response = await parts.clients.ledger.hold(request, within(parts, signal));
  const verdict = judge(response, `${model.provider}/${model.model}`);
  if (response.outcome?.$case === "granted") {
    const end = VoidRequest.create({ holdId: attemptId, tenantId: key.org_id, reason: "doctor limit probe" });
    await parts.clients.ledger.void(end, within(parts, signal));
  }
  return verdict;
}

function judge(response: HoldResponse, model: string): LimitProbe {
  if (response.outcome?.$case !== "refused") {
    return { refused: false, reason: "granted", model, message: "A hold above the key's budget was granted." };
  }
  const { reason, message } = response.outcome.value;
  const byBudget =
    reason === RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED || reason === RefusalReason.REFUSAL_REASON_BUDGET_HELD;
  return { refused: byBudget, reason: byBudget ? "budget" : "unpriced", model, message };
}

/** The caller may have left meanwhile, so nothing here listens to its signal. */
async function removeTraces(parts: DoorParts, key: KeyRow): Promise<void> {
  const options = { deadlineMs: parts.config.call_timeout_ms };
  const request = SetBudgetRequest.create({
    tenantId: key.org_id,
    budget: {
      account: { kind: AccountKind.ACCOUNT_KIND_KEY, id: key.id },
      limit: { unit: Unit.UNIT_NANOUSD, value: PROBE_LIMIT_NANOUSD },
      window: "total",
    },
    remove: true,
  });
  try {
    await parts.domain.keys.revoke(key.id);
    await parts.clients.ledger.setBudget(request, options);
    await parts.domain.keys.forget(key.id);
  } catch (error) {
    // The key is unusable by its expiry in any case: a minute later it is only a line in the list of ended keys.
    parts.log.warn({ key_id: key.id, err: SluiceError.from(error) }, "probe key could not be removed");
  }
}
