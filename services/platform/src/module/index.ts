export type { RunningService, ServiceContext, ServiceDatabase, ServiceModule } from "./types.ts";
