export { passes, type ReadRecording, type RecordedResponse, type Recording, readRecording } from "./read-recording.ts";
