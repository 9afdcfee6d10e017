import { EventLoopLag } from './event-loop-lag.js';

const tick = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await tick(10)) if (condition()) return;
  throw new Error('the condition did not come true within 10 s');
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('EventLoopLag', () => {
  it('reports a blocked event loop for at least ten seconds, then forgets it', async () => {
    let now = 0;
    const lag = new EventLoopLag(() => now);
    try {
      await tick(600); // two samples of the native timer, so that the next one measures the block
      block(800);
      await until(() => lag.milliseconds() >= 300);
      now = 10_001;
      expect(lag.milliseconds()).toBeGreaterThanOrEqual(300);
      now = 15_000;
      expect(lag.milliseconds()).toBeGreaterThanOrEqual(300);
      await until(() => (now += 10_001) > 0 && lag.milliseconds() < 300);
    } finally {
      lag.stop();
    }
  });
});
