import { createTracing } from './tracing.js';

describe('createTracing without an exporter', () => {
  const tracing = createTracing({ serviceName: 'example', env: {} });

  it('passes the parent on as it came', async () => {
    expect(tracing.enabled).toBe(false);
    expect(await tracing.run('work', '00-parent', { council_id: 'c-1' }, (traceparent) => traceparent)).toBe('00-parent');
    expect(await tracing.run('work', undefined, {}, (traceparent) => traceparent)).toBeUndefined();
  });

  it('lets errors through, thrown or rejected', async () => {
    await expect(
      tracing.run('work', undefined, {}, () => {
        throw new Error('thrown');
      }),
    ).rejects.toThrow('thrown');
    await expect(tracing.run('work', undefined, {}, () => Promise.reject(new Error('rejected')))).rejects.toThrow('rejected');
    await tracing.shutdown();
  });
});
