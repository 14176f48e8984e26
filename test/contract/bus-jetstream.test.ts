// needs: nats
import { busSuite } from "./bus-suite.ts";

busSuite("jetstream");
