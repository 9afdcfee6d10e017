import { createLogger } from './logger.js';
import { NestLogger } from './nest-logger.js';

function capture() {
  const lines: string[] = [];
  const logger = createLogger({ name: 'example', level: 'trace', destination: { write: (line) => lines.push(line) } });
  return { nest: new NestLogger(logger), read: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('NestLogger', () => {
  it('writes application messages at their level with the context as a field', () => {
    const { nest, read } = capture();
    nest.log('Council formed', 'Councils');
    nest.warn('Slow', 'Councils');
    nest.verbose('Detail', 'Councils');
    expect(read()).toMatchObject([
      { level: 'info', context: 'Councils', msg: 'Council formed' },
      { level: 'warn', context: 'Councils', msg: 'Slow' },
      { level: 'trace', context: 'Councils', msg: 'Detail' },
    ]);
  });

  it("moves Nest's own progress to debug", () => {
    const { nest, read } = capture();
    nest.log('Mapped {/councils, GET} route', 'RouterExplorer');
    expect(read()).toMatchObject([{ level: 'debug', context: 'RouterExplorer' }]);
  });

  it('keeps the stack trace that Nest passes beside the message', () => {
    const { nest, read } = capture();
    nest.error('boom', 'Error: boom\n    at here (file.ts:1:1)', 'ExceptionsHandler');
    nest.error(new Error('bang'));
    expect(read()).toMatchObject([
      { level: 'error', context: 'ExceptionsHandler', stack: 'Error: boom\n    at here (file.ts:1:1)', msg: 'boom' },
      { level: 'error', error: { message: 'bang' }, msg: 'bang' },
    ]);
  });

  it('turns an object into fields', () => {
    const { nest, read } = capture();
    nest.log({ port: 1 }, 'Http');
    expect(read()).toMatchObject([{ port: 1, context: 'Http' }]);
  });
});
