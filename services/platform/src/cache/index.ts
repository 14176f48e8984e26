export { checkDurable } from "./durable.ts";
export { connectRedis, type Redis, type RedisOptions, redisFailure } from "./redis.ts";
