export {
  type BuiltInProvider,
  builtInModels,
  builtInProviders,
  type NamedModel,
} from "../providers/built-in-models.ts";
export { wireOf } from "../providers/recorded.ts";
export {
  passes,
  type ReadRecording,
  type RecordedResponse,
  type RecordedStream,
  type Recording,
  readRecording,
} from "./read-recording.ts";
