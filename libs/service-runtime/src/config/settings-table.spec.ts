import { FromEnv, settingsOf } from './setting.js';
import { settingsMarkdown, settingsTable } from './settings-table.js';

class BaseConfig {
  @FromEnv('EX_LEVEL', { description: 'How much to log: info | debug' })
  level = 'info';
}

class ExampleConfig extends BaseConfig {
  @FromEnv('EX_WAIT', { parse: 'duration-ms', default: 5_000, description: 'How long to wait' })
  waitMs!: number;

  @FromEnv('EX_PASSWORD', { secret: true, default: 'changeme', description: 'The password' })
  password!: string;

  @FromEnv('EX_TAGS', { parse: 'list', default: ['a', 'b'], description: 'Tags' })
  tags!: string[];

  @FromEnv('EX_URL', { description: 'The server' })
  url!: string;
}

describe('the table of settings', () => {
  it('has one row per setting, inherited ones first', () => {
    expect(settingsOf(ExampleConfig).map(({ name }) => name)).toEqual(['EX_LEVEL', 'EX_WAIT', 'EX_PASSWORD', 'EX_TAGS', 'EX_URL']);
    expect(settingsTable(ExampleConfig)[1]).toEqual({
      name: 'EX_WAIT',
      kind: 'duration-ms',
      unit: 'ms',
      default: '5000',
      secret: false,
      description: 'How long to wait',
    });
  });

  it('does not leak settings of a class into its parent', () => {
    expect(settingsOf(BaseConfig).map(({ name }) => name)).toEqual(['EX_LEVEL']);
  });

  it('is Markdown with defaults, without secrets', () => {
    const markdown = settingsMarkdown(ExampleConfig);
    expect(markdown).toContain('| `EX_LEVEL` | string | `info` | How much to log: info \\| debug |');
    expect(markdown).toContain('| `EX_TAGS` | list | `a,b` | Tags |');
    expect(markdown).toContain('| `EX_URL` | string | – | The server |');
    expect(markdown).toContain('| `EX_PASSWORD` | string | (secret) |');
    expect(markdown).not.toContain('changeme');
  });
});
