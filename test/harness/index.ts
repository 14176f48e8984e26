export { type ChildExit, type ChildOptions, cleanEnvironment, type NodeChild, startNode } from "./child.ts";
export { freePort } from "./free-port.ts";
export { ensureServers, type Missing } from "./install.ts";
export { eventually, type PollOptions, waitFor } from "./poll.ts";
export {
  findServers,
  installHint,
  missingServers,
  type RunningServer,
  requireServers,
  type ServerName,
  startNats,
  startPostgres,
  startRedis,
  type TestServerOptions,
} from "./servers/index.ts";
export { temporaryDirectory } from "./temporary-directory.ts";
