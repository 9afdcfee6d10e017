import { PrettyStream } from './pretty-stream.js';

const line = (msg: string) =>
  `${JSON.stringify({ level: 'info', time: '2026-01-01T00:00:00.000Z', name: 'example', council_id: 'c-1', msg })}\n`;

describe('PrettyStream', () => {
  it('holds lines back until the formatter has loaded, then writes them readably and in order', async () => {
    const written: string[] = [];
    const stream = new PrettyStream({ write: (text) => written.push(text) });
    stream.write(line('first'));
    expect(written).toEqual([]);

    await stream.loaded;
    stream.write(line('second'));

    expect(written).toHaveLength(2);
    expect(written[0]).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: first \{"council_id":"c-1"\}\n$/);
    expect(written[1]).toContain('INFO: second');
  });
});
