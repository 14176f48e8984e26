export { chatOfTask, tokenCountOf } from "./chat-of-task.ts";
export { ABILITIES, abilityOf, type TaskKind } from "./kinds.ts";
export { float32Of, valuesOf } from "./vectors.ts";
