import type { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk, ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { InputBound } from "@sluice/proto/provider/v1/provider_service";
import type { ResponseHeaders } from "./http/types.ts";

/** One model of a provider, as the catalogue lists it. Prices belong to the ledger. */
export interface ModelEntry {
  readonly id: string;
  /** Id in the price catalogue. */
  readonly priceId: string;
  readonly aliases: readonly string[];
  /** Longest prompt in tokens; 0 if unknown. */
  readonly contextTokens: number;
  /** Longest answer in tokens; 0 if unknown. */
  readonly maxOutputTokens: number;
  readonly capabilities: readonly string[];
  /** How prompt tokens are bounded from above: a token is at least one byte of text, plus what the template adds. */
  readonly inputBound: InputBound;
  /** True if names that begin with the id and "+" are variants of it. */
  readonly variants: boolean;
}

/** A request in the provider's wire form. */
export interface MappedRequest {
  /** Path below the base URL, e.g. `/chat/completions`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What was dropped or emulated, as sentences. */
  readonly warnings: readonly string[];
}

/** What has been read of an answer so far. */
export interface AnswerState {
  /** Consumption as the provider said it; absent if it has said nothing (usable). */
  readonly usage: Usage | undefined;
  /** Processing tier the provider used; empty if it did not say. */
  readonly serviceTier: string;
  /** True once every choice that began has a finish reason. */
  readonly finished: boolean;
  /** True once the provider said that nothing more comes. */
  readonly ended: boolean;
  /** The error the provider put into its answer; absent if none. */
  readonly error: SluiceError | undefined;
  /** Oddities worth a log line, e.g. a negative token count. */
  readonly problems: readonly string[];
}

/** What a provider has said of an answer that it has not counted whole. */
export interface UsageSoFar {
  readonly usage: Usage;
  /** True if its output tokens cover everything delivered so far; false for figures from the start or from an earlier moment. */
  readonly covers: boolean;
}

/** Reads one answer: a pure step per wire event behind a private state. */
export interface AnswerReader extends AnswerState {
  /** Figures that came before the end, for answers that are cut; absent if there were none. */
  readonly soFar: UsageSoFar | undefined;
  /** Appends the chunks of one event. @throws upstream_bad_response when it cannot be read */
  step(eventName: string, data: string, into: ChatChunk[]): void;
  /** Appends what is only known at the stream's end, e.g. the usage chunk. */
  end(into: ChatChunk[]): void;
}

/** A whole plain answer. */
export interface MappedAnswer extends AnswerState {
  readonly chunks: readonly ChatChunk[];
}

/** A refusal or failure as the provider sent it. */
export interface UpstreamFailure {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** The body's text, possibly cut. */
  readonly body: string;
}

/** What a provider says it billed; no usage means it never saw the request, or billed nothing. */
export interface FoundUsage {
  readonly usage: Usage | undefined;
}

/** How a provider can be asked, after the fact, what one attempt cost. Few can. */
export interface UsageLookUp {
  /** Path below the base URL. */
  path(attemptId: string): string;
  /** @throws upstream_bad_response when the answer says nothing either way */
  read(answer: { readonly status: number; readonly body: unknown }): FoundUsage;
}

/** What the adapter needs to know of one provider. Mapping is pure: no network, no clock. */
export interface Provider {
  readonly name: string;
  /** Base URL without a trailing slash; undefined while nobody knows it. */
  readonly baseUrl: string | undefined;
  /** "derived" means the installation makes the credential itself unless one is stored. */
  readonly credential: "required" | "none" | "derived";
  /** True for the built-in simulator. */
  readonly simulated: boolean;
  /** What to do with an upstream answer whose caller left: close it, or read it to the end for its exact usage. */
  readonly abandon: "abort" | "drain";
  /** Environment variables that conventionally hold its key; they are refused at start. */
  readonly environmentVariables: readonly string[];
  readonly models: readonly ModelEntry[];
  /** Undefined for providers that cannot be asked what an attempt cost. */
  readonly usageLookUp: UsageLookUp | undefined;
  /** The headers that carry the credential. */
  authorize(credential: string | undefined): Readonly<Record<string, string>>;
  /** @throws invalid_request when a JSON text inside the request cannot be read */
  mapChat(request: ChatRequest, model: string, entry: ModelEntry): MappedRequest;
  /** @throws upstream_bad_response when the body cannot be read */
  mapResponse(body: string): MappedAnswer;
  openStream(): AnswerReader;
  mapError(failure: UpstreamFailure): SluiceError;
}

/** Builds a provider from what its installation says about it. */
export interface ProviderSettings {
  readonly baseUrl: string | undefined;
  readonly abandon: "abort" | "drain" | undefined;
}
