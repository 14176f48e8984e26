import { ABILITIES, type TaskKind } from "@sluice/platform/tasks";
import { TaskBound } from "@sluice/proto/provider/v1/provider_service";
import type { ModelEntry } from "../provider.ts";
import { modelOf } from "./models.ts";

/** Texts that are read without a chat's template around them, of models whose tokenizer nobody outside knows. */
export const NO_TEMPLATE = {
  baseTokens: 0,
  perMessageTokens: 4,
  perImageTokens: 0,
  toolsTokens: 0,
  schemaTokens: 0,
  perCallTokens: 0,
  tokenizer: undefined,
} as const;

/** One model in short: id, longest text (tokens, 0 if unknown), other names. */
export type TaskRow = readonly [id: string, contextTokens: number, ...aliases: string[]];

/** Models that serve one kind of request beside chat; price ids are `<prefix>/<id>`. By default they are billed by the tokens they read. */
export function taskFamily(
  prefix: string,
  { kind, bound = {} }: { readonly kind: TaskKind; readonly bound?: Partial<TaskBound> },
  rows: readonly TaskRow[],
): ModelEntry[] {
  return rows.map(([id, contextTokens, ...aliases]) =>
    modelOf(prefix, {
      id,
      contextTokens,
      aliases,
      capabilities: [ABILITIES[kind]],
      inputBound: NO_TEMPLATE,
      taskBound: TaskBound.fromPartial({ unit: "tokens", ...bound }),
    }),
  );
}
