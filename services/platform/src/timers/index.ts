export { after } from "./after.ts";
