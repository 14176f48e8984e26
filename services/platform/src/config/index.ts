export { type Environment, readEnvironment } from "./environment.ts";
export { variableName } from "./environment-overlay.ts";
export {
  findConfigFile,
  type LoadedConfig,
  type LoadOptions,
  loadConfig,
  type RawConfig,
  type Sections,
  type SectionValues,
} from "./load-config.ts";
export { type PlatformConfig, platformSections } from "./platform-sections.ts";
export { renderExample } from "./render-example.ts";
export { readSecretFile, Secret } from "./secret.ts";
