import { identify } from './agent-identity.js';

const random = () => '11111111-2222-4333-8444-555555555555';

describe('agent id', () => {
  it('is the configured one, whatever the name', () => {
    const identity = identify({ agentId: 'test-agent-1', agentName: 'CHORUS-Agent-7', serviceName: 'CHORUS_chorus' }, random);
    expect(identity).toMatchObject({ agentId: 'test-agent-1', agentName: 'CHORUS-Agent-7', origin: 'explicit' });
  });

  it('is the same after a restart of the same Swarm slot', () => {
    const settings = { agentName: 'CHORUS-Agent-7', serviceName: 'CHORUS_chorus' };
    const [before, after] = [identify(settings), identify(settings)];
    expect(after.agentId).toBe(before.agentId);
    expect(after.instanceId).not.toBe(before.instanceId);
    expect(before.origin).toBe('service-and-slot');
  });

  it('is fixed for a slot, so that an upgrade of this program keeps the fleet', () => {
    const identity = identify({ agentName: 'CHORUS-Agent-1', serviceName: 'CHORUS_chorus' });
    expect(identity.agentId).toBe('5c37c8d7-1d8b-5f22-a8be-72d13b27b597');
  });

  it('differs between slots and between services', () => {
    const ids = [
      identify({ agentName: 'CHORUS-Agent-1', serviceName: 'CHORUS_chorus' }),
      identify({ agentName: 'CHORUS-Agent-2', serviceName: 'CHORUS_chorus' }),
      identify({ agentName: 'CHORUS-Agent-1', serviceName: 'CHORUS_other' }),
    ].map(({ agentId }) => agentId);
    expect(new Set(ids).size).toBe(3);
  });

  it.each(['my-agent', 'CHORUS-Agent-{{.Task.Slot}}', 'CHORUS-Agent-', 'CHORUS-Agent-0', 'CHORUS-Agent-1b'])(
    'is random for the name %s, which carries no slot',
    (agentName) => {
      expect(identify({ agentName, serviceName: 'CHORUS_chorus' }, random)).toMatchObject({
        agentId: random(),
        agentName,
        origin: 'random',
      });
    },
  );

  it('names an agent without a name after its id', () => {
    expect(identify({ agentId: 'test-agent-1', serviceName: 's' }, random).agentName).toBe('CHORUS-Agent-test-agent-1');
  });
});
