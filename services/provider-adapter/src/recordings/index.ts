export type { ModelEntry, Provider } from "../provider.ts";
export { everyProvider } from "../providers/all.ts";
export {
  type BuiltInProvider,
  builtInModels,
  builtInProviders,
  type NamedModel,
} from "../providers/built-in-models.ts";
export { modelOf } from "../providers/models.ts";
export { wireOf } from "../providers/recorded.ts";
export {
  passes,
  type ReadRecording,
  type RecordedResponse,
  type Recording,
  readRecording,
} from "./read-recording.ts";
export { type KeptStream, type RecordedStream, recordedStream } from "./recorded-stream.ts";
