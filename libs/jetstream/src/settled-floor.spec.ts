import fc from 'fast-check';
import { SettledFloor } from './settled-floor.js';

describe('the settled floor', () => {
  it('is unknown until something was delivered', () => {
    expect(new SettledFloor().floor()).toBeUndefined();
  });

  it('is the highest delivered message when everything is settled, and below the lowest open one otherwise', () => {
    const floor = new SettledFloor();
    for (const sequence of [3, 7, 9]) floor.delivered(sequence);
    floor.settled(7);
    expect(floor.floor()).toBe(2);
    floor.settled(3);
    expect(floor.floor()).toBe(8);
    floor.settled(9);
    expect(floor.floor()).toBe(9);
  });

  it('knows what was settled above an open message', () => {
    const floor = new SettledFloor();
    for (const sequence of [1, 2, 3]) floor.delivered(sequence);
    floor.settled(3);
    expect([1, 2, 3, 4].map((sequence) => floor.isSettled(sequence))).toEqual([false, false, true, false]);
  });

  it('forgets everything when the stream is another one', () => {
    const floor = new SettledFloor();
    floor.delivered(5);
    floor.reset();
    expect(floor.floor()).toBeUndefined();
    expect(floor.isSettled(5)).toBe(false);
  });

  it('never passes an open message, whatever the order of settling', () => {
    const deliveries = fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { minLength: 1 });
    fc.assert(
      fc.property(deliveries, fc.infiniteStream(fc.boolean()), (sequences, settle) => {
        const floor = new SettledFloor();
        const ascending = [...sequences].sort((a, b) => a - b);
        for (const sequence of ascending) floor.delivered(sequence);
        const open = ascending.filter((sequence) => {
          const done = settle.next().value as boolean;
          if (done) floor.settled(sequence);
          return !done;
        });
        const reached = floor.floor() ?? 0;
        expect(open.every((sequence) => sequence > reached && !floor.isSettled(sequence))).toBe(true);
        expect(
          ascending.filter((sequence) => sequence > reached && !open.includes(sequence)).every((sequence) => floor.isSettled(sequence)),
        ).toBe(true);
      }),
    );
  });
});
