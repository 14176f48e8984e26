/** The simulator's chat models are the same on each of its wires, at the same prices. */
export { chatModels as models } from "../sim/models.ts";
