export { serveThread, type ThreadModule, type ThreadService } from "./serve-thread.ts";
export { Thread, type ThreadOptions } from "./thread.ts";
