import type { CouncilStatusUpdate } from '@whoosh/council-contracts';
import { CouncilMemory } from './council-memory.js';

const update = (revision: number, overrides: Partial<CouncilStatusUpdate> = {}): CouncilStatusUpdate =>
  ({
    council_id: 'council-1',
    status: 'active',
    revision,
    roles: [{ role_name: 'tpm', state: 'filled', generation: 3 }],
    ...overrides,
  }) as CouncilStatusUpdate;

describe('what an agent has heard of a council', () => {
  it('ignores an update that is older than, or the same as, one heard before', () => {
    const memory = new CouncilMemory();
    expect([memory.hear(update(5)), memory.hear(update(5)), memory.hear(update(4)), memory.hear(update(6))]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('knows the generation of each role', () => {
    const memory = new CouncilMemory();
    memory.hear(update(5));
    expect([
      memory.generationOf('council-1', 'tpm'),
      memory.generationOf('council-1', 'developer'),
      memory.generationOf('x', 'tpm'),
    ]).toEqual([3, 0, 0]);
  });

  it('knows that a council is over', () => {
    const memory = new CouncilMemory();
    memory.hear(update(5));
    expect(memory.isOver('council-1')).toBe(false);
    memory.hear(update(6, { status: 'cancelled' }));
    expect(memory.isOver('council-1')).toBe(true);
  });

  it('forgets the councils that were heard of least recently', () => {
    const memory = new CouncilMemory(2);
    for (const [revision, council_id] of ['a', 'b', 'a', 'c'].entries()) memory.hear(update(revision, { council_id }));
    expect(memory.generationOf('b', 'tpm')).toBe(0);
    expect(memory.generationOf('a', 'tpm')).toBe(3);
  });
});
