import type { Place, Provider } from "../provider.ts";
import { PROVIDERS } from "./registry.ts";

/** Every built-in provider, the simulator's wires included, as it maps requests; `place` is for those that lie in many. */
export function everyProvider(place: Place = {}): readonly Provider[] {
  return Object.values(PROVIDERS).map((make) => make({ baseUrl: undefined, abandon: undefined, place }));
}
