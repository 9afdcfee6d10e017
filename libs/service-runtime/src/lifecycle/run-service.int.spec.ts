import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const RUNTIME = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** A process that runs a service made of the given source of `start`. */
function service(start: string) {
  const source = `import { createLogger, runService } from ${JSON.stringify(RUNTIME)};
    const logger = createLogger({ name: 'example', level: 'info', pretty: false });
    const keepAlive = setTimeout(() => {}, 60_000);
    await runService({ name: 'example', logger, stopTimeoutMs: 2_000, start: ${start} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => child.once('close', (code) => resolve({ code, output })));
  const says = (text: string) => new Promise<void>((resolve) => child.stdout.on('data', () => output.includes(text) && resolve()));
  return { child, ended, says };
}

describe('a process run by runService', () => {
  it('ends with exit code 0 after SIGTERM, and its last line is written', async () => {
    const { child, ended, says } = service(`async () => { logger.info('Started'); return { stop: async () => clearTimeout(keepAlive) }; }`);
    await says('Started');
    child.kill('SIGTERM');
    const { code, output } = await ended;
    expect(code).toBe(0);
    expect(output.trim().split('\n').at(-1)).toContain('"msg":"Stopped"');
  });

  it('ends with exit code 1 and one line after an error at the start', async () => {
    const { ended } = service(`async () => { throw Object.assign(new Error('Port 1 is taken. Set EX_PORT.'), { code: 'port_taken' }); }`);
    const { code, output } = await ended;
    expect(code).toBe(1);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(output)).toMatchObject({ level: 'fatal', code: 'port_taken', msg: 'Cannot start: Port 1 is taken. Set EX_PORT.' });
  });

  it('ends with exit code 1 when a promise is rejected and nobody looks', async () => {
    const { ended } = service(
      `async () => { setTimeout(() => Promise.reject(new Error('forgotten')), 1); return { stop: async () => {} }; }`,
    );
    const { code, output } = await ended;
    expect(code).toBe(1);
    expect(output).toContain('forgotten');
  });
});
