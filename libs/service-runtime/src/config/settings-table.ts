import { defaultOf, settingsOf } from './setting.js';
import type { ConfigClass, SettingKind } from './setting.js';

/** One row of the table of settings. */
export interface SettingRow {
  readonly name: string;
  readonly kind: SettingKind;
  readonly unit: string | undefined;
  /** As one would write it in the environment; `undefined` when there is none. */
  readonly default: string | undefined;
  readonly secret: boolean;
  readonly description: string;
}

/**
 * The settings of a configuration class as data, for generated documentation.
 * @param type the configuration class
 * @returns one row per setting, in the order of declaration
 */
export function settingsTable(type: ConfigClass<object>): SettingRow[] {
  const blank = new type();
  return settingsOf(type).map((setting) => {
    const value = defaultOf(setting, blank);
    const text = value === undefined ? undefined : Array.isArray(value) ? value.join(',') : String(value);
    return {
      name: setting.name,
      kind: setting.parse,
      unit: setting.unit ?? (setting.parse === 'duration-ms' ? 'ms' : undefined),
      default: setting.secret === true ? undefined : text,
      secret: setting.secret === true,
      description: setting.description,
    };
  });
}

/**
 * The table of settings as Markdown.
 * @param type the configuration class
 * @returns a table with one line per setting, ending in a newline
 */
export function settingsMarkdown(type: ConfigClass<object>): string {
  const lines = settingsTable(type).map((row) => {
    const kind = row.unit === undefined ? row.kind : `${row.kind}, ${row.unit}`;
    const fallback = row.secret ? '(secret)' : row.default === undefined ? '–' : row.default === '' ? '(empty)' : `\`${row.default}\``;
    return `| \`${row.name}\` | ${kind} | ${fallback} | ${row.description.replaceAll('|', '\\|')} |`;
  });
  return ['| Variable | Kind | Default | Meaning |', '|---|---|---|---|', ...lines, ''].join('\n');
}
