import type { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk, ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { InputBound, TaskBound } from "@sluice/proto/provider/v1/provider_service";
import type { JsonAnswer } from "./http/get-json.ts";
import type { OutboundRequest, ResponseHeaders } from "./http/types.ts";
import type { MapTask } from "./provider-tasks.ts";

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
  /** How requests beside chat are bounded and billed; absent for models that only chat. */
  readonly taskBound?: TaskBound;
  /** True if names that begin with the id and "+" are variants of it. */
  readonly variants: boolean;
  /** Name under which an installation has the model at its provider, where that is not the id. */
  readonly deployment?: string;
}

/** What a provider has announced of a model's end; days as YYYY-MM-DD. */
export interface ModelEnd {
  /** Day of the announcement. */
  readonly deprecatedOn?: string;
  /** Day from which the model answers no more. */
  readonly shutdownOn?: string;
  /** Model of the same provider that it names instead. */
  readonly replacement?: string;
}

/** A request in the provider's wire form. */
export interface MappedRequest {
  /** Path below the base URL, e.g. `/chat/completions`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What was dropped or emulated, as sentences. */
  readonly warnings: readonly string[];
  /** How the answer is read, for models that speak another wire than the provider's others. */
  readonly readers?: AnswerReaders;
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

/** What making a credential ready may need from outside. */
export interface SignerTools {
  /** Epoch milliseconds. */
  now(): number;
  /** Posts a form to a token service. @throws upstream_unavailable, upstream_timeout or upstream_bad_response */
  postForm(url: string, form: Readonly<Record<string, string>>): Promise<JsonAnswer>;
}

/** A credential made ready for use, where more is needed than a header that holds it. */
export interface Signer {
  /** Every text that must never be shown, what was fetched with it included. */
  readonly secrets: readonly string[];
  /** A few characters by which a person can tell which credential it is. */
  readonly hint: string;
  /** The headers that prove who asks; a promise only while something must be fetched first. @throws upstream_* codes when it cannot be */
  sign(request: OutboundRequest): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** The provider did not accept what was signed: nothing that was fetched before is used again. */
  refused(): void;
}

/** What reads a provider's answers. */
export interface AnswerReaders {
  readonly name: string;
  /** How a streamed answer is cut into events; server-sent events unless said otherwise. */
  readonly framing?: Framing;
  /** @throws upstream_bad_response when the body cannot be read */
  mapResponse(body: string): MappedAnswer;
  openStream(): AnswerReader;
  mapError(failure: UpstreamFailure): SluiceError;
}

/** Server-sent events, the binary frames of AWS, or one JSON text a line. */
export type Framing = "sse" | "aws" | "lines";

/** What the adapter needs to know of one provider. Mapping is pure: no network, no clock. */
export interface Provider extends AnswerReaders {
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
  /** Announced ends by model id or alias, also of models that are not listed any more; absent if none is known. */
  readonly ends?: Readonly<Record<string, ModelEnd>>;
  /** How requests beside chat are made; absent for providers that only chat. */
  readonly mapTask?: MapTask | undefined;
  /** Undefined for providers that cannot be asked what an attempt cost. */
  readonly usageLookUp: UsageLookUp | undefined;
  /** Keys of `Place` that say where it is for this installation; none for providers with one address. */
  readonly placeKeys: readonly (keyof Place)[];
  /** Makes a credential ready, for providers that want more than a header with it. @throws invalid_request naming what is wrong with it */
  readonly openSigner: ((credential: string, tools: SignerTools) => Signer) | undefined;
  /** The headers that carry the credential, where there is no signer. */
  authorize(credential: string | undefined): Readonly<Record<string, string>>;
  /** @throws invalid_request when a JSON text inside the request cannot be read */
  mapChat(request: ChatRequest, model: string, entry: ModelEntry): MappedRequest;
}

/** Where a provider of many places is for this installation, in the words of the configuration. */
export interface Place {
  readonly region?: string | undefined;
  readonly project?: string | undefined;
  readonly location?: string | undefined;
  readonly resource?: string | undefined;
  readonly api_version?: string | undefined;
}

/** Builds a provider from what its installation says about it. */
export interface ProviderSettings {
  readonly baseUrl: string | undefined;
  readonly abandon: "abort" | "drain" | undefined;
  readonly place?: Place;
}
