export { checkDurable } from "./durable.ts";
export { isSameRedis, type RedisIdentity, redisIdentity } from "./identity.ts";
export { connectRedis, type Redis, type RedisOptions, redisFailure } from "./redis.ts";
