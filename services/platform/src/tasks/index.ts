export { chatOfTask, tokenCountOf } from "./chat-of-task.ts";
export { ABILITIES, abilityOf, type TaskKind } from "./kinds.ts";
