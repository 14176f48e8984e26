export type { RunningService, ServiceContext, ServiceDatabase, ServiceModule } from "./types.ts";
export { InFlight } from "./in-flight.ts";
