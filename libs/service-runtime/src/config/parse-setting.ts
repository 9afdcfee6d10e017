import type { SettingKind } from './setting.js';

/** The text of a setting could not be read as its kind. The message is a sentence without subject: "must be a whole number". */
export class UnreadableSettingError extends Error {
  override readonly name = 'UnreadableSettingError';
  readonly code = 'unreadable_setting';
}

const UNITS_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const TRUE = ['true', '1', 'yes', 'on'];
const FALSE = ['false', '0', 'no', 'off'];

/**
 * Reads the text of an environment variable.
 * @param text as found in the environment, not empty
 * @param kind what it should be
 * @returns a string, a finite number, a boolean or an array of non-empty strings
 * @throws UnreadableSettingError when the text is not of that kind
 */
export function parseSetting(text: string, kind: SettingKind): string | number | boolean | string[] {
  const trimmed = text.trim();
  switch (kind) {
    case 'string':
      return text;
    case 'list':
      return trimmed
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'bool':
      return parseBool(trimmed);
    case 'duration-ms':
      return parseDurationMs(trimmed);
    case 'int':
      if (!/^[+-]?\d+$/.test(trimmed) || !Number.isSafeInteger(Number(trimmed)))
        throw new UnreadableSettingError('must be a whole number, such as 10');
      return Number(trimmed);
    case 'number':
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) || !Number.isFinite(Number(trimmed)))
        throw new UnreadableSettingError('must be a number, such as 0.5');
      return Number(trimmed);
  }
}

function parseBool(text: string): boolean {
  const word = text.toLowerCase();
  if (TRUE.includes(word)) return true;
  if (FALSE.includes(word)) return false;
  throw new UnreadableSettingError('must be true or false');
}

function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/i.exec(text);
  if (!match) throw new UnreadableSettingError('must be a duration, such as 500ms, 30s, 10m, 2h or 7d');
  return Math.round(Number(match[1]) * (UNITS_MS[(match[2] ?? 'ms').toLowerCase()] ?? 1));
}
