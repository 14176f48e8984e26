/** The simulator's models are the same on each of its wires, at the same prices. */
export { models } from "../sim/models.ts";
