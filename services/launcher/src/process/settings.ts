import {
  findConfigFile,
  type LoadedConfig,
  loadConfig,
  type PlatformConfig,
  platformSections,
  readEnvironment,
  type Sections,
} from "@sluice/platform/config";
import type { ServiceModule } from "@sluice/platform/module";
import { sectionOf, TARGETS } from "../targets.ts";

/** The loaded configuration: the process's own sections, and each service's by its name. */
export interface Settings {
  readonly platform: PlatformConfig;
  readonly file: string | undefined;
  sectionFor(module: ServiceModule): unknown;
}

/** All sections of sluice.yaml: those of the process and one per service. */
export function allSections(): Sections {
  const sections: Record<string, Sections[string]> = { ...platformSections };
  for (const target of TARGETS) sections[sectionOf(target.name)] = target.config;
  return sections;
}

export interface SettingsOptions {
  /** File named on the command line. */
  readonly configFile?: string | undefined;
  /** Values from the command line by dotted path. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/**
 * Reads and checks the whole configuration, also the sections of services that do not run here: one file serves every process.
 * @throws invalid_request with all problems at once
 */
export function loadSettings(options: SettingsOptions): Settings {
  const environment = readEnvironment();
  const loaded: LoadedConfig<Sections> = loadConfig({
    file: findConfigFile(options.configFile, environment),
    sections: allSections(),
    environment,
    overrides: options.overrides ?? {},
    inspections: TARGETS.flatMap((target) => (target.inspect === undefined ? [] : [target.inspect.bind(target)])),
  });
  return {
    // The sections were composed from platformSections above, so their values have its type.
    platform: loaded.values as unknown as PlatformConfig,
    file: loaded.file,
    sectionFor: (module) => loaded.values[sectionOf(module.name)],
  };
}
