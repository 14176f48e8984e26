import { busKillSuite } from "./bus-kill-suite.ts";

busKillSuite("embedded");
