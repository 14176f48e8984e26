export { InFlight } from "./in-flight.ts";
export type { RunningService, ServiceContext, ServiceDatabase, ServiceModule } from "./types.ts";
