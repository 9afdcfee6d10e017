import { readFileSync } from 'node:fs';
import { validateSync } from 'class-validator';
import { ConfigError } from './config.errors.js';
import type { ConfigViolation } from './config.errors.js';
import { parseSetting, UnreadableSettingError } from './parse-setting.js';
import { defaultOf, settingsOf } from './setting.js';
import type { ConfigClass, Setting } from './setting.js';
import { similarName } from './similar-name.js';

/** What {@link loadConfig} reads and what it holds against the class. */
export interface ConfigSource {
  /** Usually `process.env`; nothing else reads it after boot. */
  readonly env: NodeJS.ProcessEnv;
  /** A variable that begins so and is no setting is an error, e.g. `['WHOOSH_']`. */
  readonly ownPrefixes: readonly string[];
  /** Variables with an own prefix that another program reads; a trailing `*` stands for any ending. */
  readonly known?: readonly string[];
  /** Reads the file that a `*_FILE` variable names; UTF-8 from disk unless told. */
  readonly readFile?: (path: string) => string;
}

/**
 * Builds a validated configuration object from the environment.
 * An empty variable counts as absent. `NAME_FILE` names a file with the value (a Swarm secret); its trailing newline is dropped.
 * @param type a class whose properties carry `@FromEnv` and class-validator decorators
 * @param source the environment and which of its variables are ours
 * @returns an instance of the class
 * @throws ConfigError listing every bad setting and every unknown variable of ours
 */
export function loadConfig<T extends object>(type: ConfigClass<T>, source: ConfigSource): T {
  const settings = settingsOf(type);
  const violations = unknownVariables(settings, source);
  const config = new type();
  const unread = new Set<string>();
  const absent = new Set<string>();
  for (const setting of settings) {
    try {
      const text = textOf(setting, source);
      if (text === undefined) absent.add(setting.property);
      const value = text === undefined ? defaultOf(setting, config) : parseSetting(text, setting.parse);
      (config as Record<string, unknown>)[setting.property] = value;
    } catch (error) {
      if (!(error instanceof UnreadableSettingError)) throw error;
      unread.add(setting.property);
      violations.push(violation(setting, error.message));
    }
  }
  for (const error of validateSync(config, { forbidUnknownValues: false })) {
    if (unread.has(error.property)) continue;
    const setting = settings.find((candidate) => candidate.property === error.property);
    const name = setting?.name ?? error.property;
    const missing = setting !== undefined && absent.has(setting.property) && error.value === undefined;
    const problem = missing
      ? 'is not set'
      : Object.values(error.constraints ?? {})
          .map((text) => text.replace(new RegExp(`^(each value in )?${error.property} `), '$1'))
          .join(', ');
    violations.push(setting ? violation(setting, problem) : { setting: name, problem, remedy: 'Correct it.' });
  }
  if (violations.length > 0) throw new ConfigError(violations);
  return config;
}

function violation(setting: Setting, problem: string): ConfigViolation {
  const remedy = problem === 'is not set' ? `Set ${setting.name} or ${setting.name}_FILE` : `Correct ${setting.name}`;
  return { setting: setting.name, problem, remedy: `${remedy} (${setting.description})` };
}

/** The text of a setting, or `undefined` when neither its variable nor its file variable is set. */
function textOf(setting: Setting, source: ConfigSource): string | undefined {
  const direct = present(source.env[setting.name]);
  const path = present(source.env[`${setting.name}_FILE`]);
  if (path === undefined) return direct;
  if (direct !== undefined) throw new UnreadableSettingError(`and ${setting.name}_FILE are both set; only one may be`);
  try {
    const read = source.readFile ?? ((file: string) => readFileSync(file, 'utf8'));
    return present(read(path).replace(/\r?\n$/, ''));
  } catch (error) {
    throw new UnreadableSettingError(
      `could not be read from ${setting.name}_FILE: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function present(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function unknownVariables(settings: readonly Setting[], source: ConfigSource): ConfigViolation[] {
  const names = settings.flatMap(({ name }) => [name, `${name}_FILE`]);
  const known = [...names, ...(source.known ?? [])];
  const isKnown = (name: string) => known.some((k) => (k.endsWith('*') ? name.startsWith(k.slice(0, -1)) : name === k));
  return Object.keys(source.env)
    .filter((name) => source.ownPrefixes.some((prefix) => name.startsWith(prefix)) && !isKnown(name))
    .sort()
    .map((name) => {
      const meant = similarName(name, names);
      return { setting: name, problem: 'is no setting', remedy: meant ? `Did you mean ${meant}?` : 'Remove it.' };
    });
}
