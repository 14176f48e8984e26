import { SluiceError } from "../errors/index.ts";
import type { BoundService, Implementation, RpcDefinition } from "./types.ts";

/**
 * Joins a generated definition with its implementation, ready for a local channel or a gRPC server.
 * @throws internal for a client-streaming method, which no channel carries
 */
export function bind<D extends RpcDefinition>(definition: D, implementation: Implementation<D>): BoundService {
  for (const method of Object.values(definition.methods)) {
    if (method.requestStream) {
      throw new SluiceError(
        "internal",
        `${definition.fullName}/${method.name} streams its request; only answers may stream.`,
      );
    }
  }
  return { definition, implementation: implementation as BoundService["implementation"] };
}
