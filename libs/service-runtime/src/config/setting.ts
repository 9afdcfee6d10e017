import 'reflect-metadata';

/** How the text of an environment variable becomes a value. */
export type SettingKind = 'string' | 'int' | 'number' | 'bool' | 'duration-ms' | 'list';

/** What {@link FromEnv} says about one setting. */
export interface SettingOptions {
  /** `string` unless told. A `list` is comma separated; a `duration-ms` takes `1500`, `500ms`, `30s`, `10m`, `2h` or `7d`. */
  readonly parse?: SettingKind;
  /** Used when the variable is absent or empty. Without it, and without an initial value on the property, the setting is required unless `@IsOptional()`. */
  readonly default?: unknown;
  /** One sentence for the table of settings, and the remedy in error messages. */
  readonly description: string;
  /** The unit of a number, for the table of settings. */
  readonly unit?: string;
  /** The value never appears in a message or a table. */
  readonly secret?: boolean;
}

/** One declared setting: its variable, the property it fills and its options. */
export interface Setting extends SettingOptions {
  readonly name: string;
  readonly property: string;
  readonly parse: SettingKind;
}

/** A configuration class: no constructor arguments, its properties carry {@link FromEnv} and class-validator decorators. */
export type ConfigClass<T extends object> = new () => T;

const SETTINGS = Symbol('settings');

/**
 * Declares that a property of a configuration class is read from an environment variable, or from the file that `<name>_FILE` names.
 * @param name the environment variable, e.g. `WHOOSH_PORT`
 * @param options what it means, how its text is read, what it is when absent
 */
export function FromEnv(name: string, options: SettingOptions): PropertyDecorator {
  return (target, property) => {
    const declared = (Reflect.getOwnMetadata(SETTINGS, target) as Setting[] | undefined) ?? [];
    const setting: Setting = { ...options, name, property: String(property), parse: options.parse ?? 'string' };
    Reflect.defineMetadata(SETTINGS, [...declared, setting], target);
  };
}

/**
 * The settings that a configuration class declares, its parents' first.
 * @param type the configuration class
 * @returns in the order of declaration; empty for a class without {@link FromEnv}
 */
export function settingsOf(type: ConfigClass<object>): Setting[] {
  const chain: object[] = [];
  for (let prototype = type.prototype as object | null; prototype; prototype = Object.getPrototypeOf(prototype) as object | null) {
    chain.unshift(prototype);
  }
  return chain.flatMap((prototype) => (Reflect.getOwnMetadata(SETTINGS, prototype) as Setting[] | undefined) ?? []);
}

/**
 * What a setting is when its variable is absent: its declared default, or the property's initial value.
 * @param setting the declared setting
 * @param blank a fresh instance of the configuration class
 * @returns `undefined` when it has none
 */
export function defaultOf(setting: Setting, blank: object): unknown {
  return setting.default ?? (blank as Record<string, unknown>)[setting.property];
}
