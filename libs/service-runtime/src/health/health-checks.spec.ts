import { HealthChecks } from './health-checks.js';

describe('HealthChecks', () => {
  it('is ok without checks', async () => {
    expect(await new HealthChecks().live()).toEqual({ status: 'ok', checks: {} });
  });

  it('keeps live and ready apart and shows details', async () => {
    const health = new HealthChecks();
    health.register('loop', () => ({ ok: true }), 'live');
    health.register('nats', () => ({ ok: false, url: 'nats://x' }), 'ready');
    expect(await health.live()).toEqual({ status: 'ok', checks: { loop: { ok: true } } });
    expect(await health.ready()).toEqual({ status: 'error', checks: { nats: { ok: false, url: 'nats://x' } } });
  });

  it('counts a check that throws as failed, and says why', async () => {
    const health = new HealthChecks();
    health.register(
      'sync',
      () => {
        throw new Error('broken');
      },
      'ready',
    );
    health.register('async', () => Promise.reject(new Error('refused')), 'ready');
    expect(await health.ready()).toEqual({
      status: 'error',
      checks: { sync: { ok: false, reason: 'broken' }, async: { ok: false, reason: 'refused' } },
    });
  });

  it('counts a check that never answers as failed', async () => {
    const health = new HealthChecks(5);
    health.register('stuck', () => new Promise(() => {}), 'ready');
    expect((await health.ready()).checks['stuck']).toEqual({ ok: false, reason: 'no answer within 5 ms' });
  });
});
