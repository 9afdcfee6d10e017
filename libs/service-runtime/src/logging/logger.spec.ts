import { createLogger } from './logger.js';
import type { LoggerOptions } from './logger.js';

function capture(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({ name: 'example', level: 'info', destination: { write: (line) => lines.push(line) }, ...options });
  return { logger, read: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('createLogger', () => {
  it('writes one JSON object per line, with the level as a word and the time with milliseconds', () => {
    const { logger, read } = capture({ base: { agent_id: 'agent-1' } });
    logger.info({ council_id: 'c-1' }, 'Received council opportunity from NATS');
    expect(read()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        name: 'example',
        agent_id: 'agent-1',
        council_id: 'c-1',
        msg: 'Received council opportunity from NATS',
      },
    ]);
  });

  it('leaves out what is below its level', () => {
    const { logger, read } = capture({ level: 'warn' });
    logger.info('not shown');
    logger.warn('shown');
    expect(read().map(({ msg }) => msg)).toEqual(['shown']);
  });

  it('shows an error with its own fields', () => {
    const { logger, read } = capture();
    logger.error({ error: Object.assign(new Error('refused'), { code: 'publish_refused', limit: 1 }) }, 'Publish failed');
    expect(read()[0]).toMatchObject({ error: { type: 'Error', message: 'refused', code: 'publish_refused', limit: 1 } });
  });
});
