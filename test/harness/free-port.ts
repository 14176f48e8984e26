export { freePort } from "@sluice/launcher/servers";
