import type { SluiceError } from "@sluice/platform/errors";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { TaskRequest, TaskResult } from "@sluice/proto/tasks/v1/tasks";
import type { ResponseHead } from "./http/types.ts";
import type { MappedRequest, ModelEntry } from "./provider.ts";

/** The whole answer to a request beside chat, as it came. */
export interface TaskAnswer extends ResponseHead {
  readonly body: Uint8Array;
}

/** What such an answer says. */
export interface MappedResult {
  /** Absent if there is none. */
  readonly result?: TaskResult | undefined;
  /** Consumption as the provider said it; absent if it has said nothing (usable). */
  readonly usage?: Usage | undefined;
  /** The error the provider put into its answer. */
  readonly error?: SluiceError | undefined;
  /** Oddities worth a log line. */
  readonly problems?: readonly string[];
}

/** A request beside chat in the provider's wire form, and how its answer is read. */
export interface MappedTask extends Omit<MappedRequest, "body" | "readers"> {
  readonly body: string | Uint8Array;
  /** @throws upstream_bad_response when the answer cannot be read */
  read(answer: TaskAnswer): MappedResult;
}

/** Maps a request beside chat. @throws invalid_request for a kind the provider does not serve */
export type MapTask = (request: TaskRequest, model: string, entry: ModelEntry) => MappedTask;
