import { IsIn, IsOptional, IsString, IsUrl, Max, Min } from 'class-validator';
import { ConfigError } from './config.errors.js';
import { loadConfig } from './load-config.js';
import { FromEnv } from './setting.js';

class ExampleConfig {
  @FromEnv('EX_PORT', { parse: 'int', default: 8080, description: 'Where to listen' })
  @Min(0)
  @Max(65_535)
  port!: number;

  @FromEnv('EX_LEVEL', { description: 'How much to log' })
  @IsIn(['info', 'debug'])
  level = 'info';

  @FromEnv('SERVER_URL', { description: 'The server' })
  @IsUrl({ require_tld: false, protocols: ['http'] })
  serverUrl!: string;

  @FromEnv('EX_PASSWORD', { secret: true, description: 'The password' })
  @IsOptional()
  @IsString()
  password?: string;

  @FromEnv('EX_WAIT', { parse: 'duration-ms', default: 0, description: 'How long to wait' })
  @Min(0)
  waitMs!: number;

  @FromEnv('EX_RETRY', { parse: 'bool', default: true, description: 'Whether to try again' })
  retry!: boolean;

  @FromEnv('EX_TAGS', { parse: 'list', default: [], description: 'Tags' })
  @IsIn(['a', 'b'], { each: true })
  tags!: string[];
}

const noFile = (): string => {
  throw new Error('ENOENT: no such file');
};

function load(env: Record<string, string>, readFile: (path: string) => string = noFile): ExampleConfig {
  return loadConfig(ExampleConfig, {
    env: { SERVER_URL: 'http://localhost:1', ...env },
    ownPrefixes: ['EX_'],
    known: ['EX_OF_OTHERS_*'],
    readFile,
  });
}

function violationsOf(action: () => unknown): ConfigError {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('no ConfigError was thrown');
}

describe('loadConfig', () => {
  it('takes defaults from the declaration and from initial values', () => {
    expect(load({})).toEqual({
      port: 8080,
      level: 'info',
      serverUrl: 'http://localhost:1',
      password: undefined,
      waitMs: 0,
      retry: true,
      tags: [],
    });
  });

  it('gives an instance of the class with parsed values, 0 and false among them', () => {
    const config = load({ EX_PORT: '0', EX_RETRY: 'false', EX_WAIT: '2s', EX_TAGS: 'a,b' });
    expect(config).toBeInstanceOf(ExampleConfig);
    expect(config).toMatchObject({ port: 0, retry: false, waitMs: 2_000, tags: ['a', 'b'] });
  });

  it('takes an empty variable for an absent one', () => {
    expect(load({ EX_PORT: '', EX_LEVEL: '' })).toMatchObject({ port: 8080, level: 'info' });
  });

  it('reads a secret from the file that NAME_FILE names, without its last newline', () => {
    expect(load({ EX_PASSWORD_FILE: '/run/secrets/pw' }, (path) => `from ${path}\n`).password).toBe('from /run/secrets/pw');
  });

  it('refuses a variable and its file variable together, and a file that cannot be read', () => {
    expect(violationsOf(() => load({ EX_PASSWORD: 'x', EX_PASSWORD_FILE: '/y' })).message).toContain(
      'EX_PASSWORD and EX_PASSWORD_FILE are both set',
    );
    expect(violationsOf(() => load({ EX_PASSWORD_FILE: '/y' })).message).toContain(
      'EX_PASSWORD could not be read from EX_PASSWORD_FILE: ENOENT',
    );
  });

  it('lists every bad setting at once, each with its remedy', () => {
    const error = violationsOf(() => load({ SERVER_URL: '', EX_PORT: '70000', EX_LEVEL: 'loud', EX_WAIT: 'long', EX_TAGS: 'a,z' }));
    expect(error.violations.map(({ setting }) => setting).sort()).toEqual(['EX_LEVEL', 'EX_PORT', 'EX_TAGS', 'EX_WAIT', 'SERVER_URL']);
    expect(error.message).toContain('5 settings are wrong');
    expect(error.message).toContain('EX_PORT must not be greater than 65535. Correct EX_PORT (Where to listen)');
    expect(error.message).toContain('SERVER_URL is not set. Set SERVER_URL or SERVER_URL_FILE (The server)');
    expect(error.message).toContain('EX_WAIT must be a duration, such as 500ms, 30s, 10m, 2h or 7d');
  });

  it('refuses an unknown variable with an own prefix and names the likely one', () => {
    const error = violationsOf(() => load({ EX_PROT: '1', EX_COMPLETELY_DIFFERENT: '1' }));
    expect(error.violations).toEqual([
      { setting: 'EX_COMPLETELY_DIFFERENT', problem: 'is no setting', remedy: 'Remove it.' },
      { setting: 'EX_PROT', problem: 'is no setting', remedy: 'Did you mean EX_PORT?' },
    ]);
  });

  it('leaves alone what belongs to others', () => {
    expect(() => load({ PATH: '/bin', EX_OF_OTHERS_1: 'x', EX_PORT_FILE: '' })).not.toThrow();
  });

  it('never shows a secret in an error', () => {
    class SecretConfig {
      @FromEnv('EX_PIN', { parse: 'int', secret: true, description: 'The PIN' })
      pin!: number;
    }
    const error = violationsOf(() => loadConfig(SecretConfig, { env: { EX_PIN: 'hunter2' }, ownPrefixes: [] }));
    expect(JSON.stringify([error.message, error.violations])).not.toContain('hunter2');
  });
});
