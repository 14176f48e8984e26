export {
  type AccumulatedAnswer,
  type AccumulatedAudio,
  type AccumulatedReasoning,
  type AccumulatedToolCall,
  type Accumulator,
  accumulate,
} from "./accumulate.ts";
