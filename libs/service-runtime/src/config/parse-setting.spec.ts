import { parseSetting, UnreadableSettingError } from './parse-setting.js';
import type { SettingKind } from './setting.js';

describe('parseSetting', () => {
  it.each<[string, SettingKind, unknown]>([
    ['  as it is ', 'string', '  as it is '],
    ['8080', 'int', 8080],
    [' 0 ', 'int', 0],
    ['-3', 'int', -3],
    ['0.25', 'number', 0.25],
    ['1e3', 'number', 1_000],
    ['.5', 'number', 0.5],
    ['true', 'bool', true],
    ['Off', 'bool', false],
    ['0', 'bool', false],
    ['a, b ,,c', 'list', ['a', 'b', 'c']],
    ['1500', 'duration-ms', 1_500],
    ['500ms', 'duration-ms', 500],
    ['1.5s', 'duration-ms', 1_500],
    ['10m', 'duration-ms', 600_000],
    ['2h', 'duration-ms', 7_200_000],
    ['7D', 'duration-ms', 604_800_000],
  ])('reads %j as %s', (text, kind, value) => {
    expect(parseSetting(text, kind)).toEqual(value);
  });

  it.each<[string, SettingKind]>([
    ['80.5', 'int'],
    ['0x10', 'int'],
    ['99999999999999999999', 'int'],
    ['eighty', 'number'],
    ['Infinity', 'number'],
    ['1e999', 'number'],
    ['maybe', 'bool'],
    ['10 minutes', 'duration-ms'],
    ['-5s', 'duration-ms'],
  ])('refuses %j as %s and says what it must be', (text, kind) => {
    expect(() => parseSetting(text, kind)).toThrow(UnreadableSettingError);
    expect(() => parseSetting(text, kind)).toThrow(/^must be /);
  });
});
