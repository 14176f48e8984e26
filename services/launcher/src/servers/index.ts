export {
  DEBIAN_PACKAGES,
  type FoundServers,
  findServers,
  installHint,
  missingServers,
  type ServerName,
} from "./find.ts";
export { freePort } from "./free-port.ts";
export { type NatsOptions, startNats } from "./nats.ts";
export { type PostgresOptions, startPostgres } from "./postgres.ts";
export { forgetPlaceOf } from "./postgres-place.ts";
export { startRedis } from "./redis.ts";
export { tethered } from "./tether.ts";
export type { RunningServer, ServerExit, ServerOptions } from "./types.ts";
