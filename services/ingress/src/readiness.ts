import type { Bus } from "@sluice/platform/bus";
import type { Client } from "@sluice/platform/rpc";
import type { IdentityServiceDefinition } from "@sluice/proto/identity/v1/identity_service";
import type { RouterServiceDefinition } from "@sluice/proto/router/v1/router_service";
import type { ReadinessCheck } from "./door.ts";

const ASK_MS = 1_000;
const REMEMBER_MS = 500;

export interface ReadinessSources {
  readonly router: Client<typeof RouterServiceDefinition>;
  readonly identity: Client<typeof IdentityServiceDefinition>;
  readonly bus: Pick<Bus, "health">;
}

/** What has to answer before chats can be answered. */
export function readinessChecks({ router, identity, bus }: ReadinessSources): readonly ReadinessCheck[] {
  const nobody = new Uint8Array(32);
  return [
    { service: "router", ready: remembered(() => router.listModels({ tenantId: "" }, { deadlineMs: ASK_MS })) },
    { service: "identity", ready: remembered(() => identity.resolveKey({ keyHash: nobody }, { deadlineMs: ASK_MS })) },
    { service: "bus", ready: async () => bus.health().outboxFullness < 1 },
  ];
}

/** Asks at most twice a second, however often it is asked: the route is open to everybody. */
function remembered(ask: () => Promise<unknown>): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined;
  let askedAt = 0;
  return () => {
    if (answer !== undefined && performance.now() - askedAt < REMEMBER_MS) return answer;
    askedAt = performance.now();
    answer = ask().then(
      () => true,
      () => false,
    );
    return answer;
  };
}
