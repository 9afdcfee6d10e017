import { EventSource } from './harness/event-source.js';
import { Rig } from './harness/rig.js';

describe('the event stream', () => {
  const rig = new Rig({ coordinators: 2, agents: ['agent-1', 'agent-2'] });
  const streams: EventSource[] = [];
  const open = (replica: number, lastEventId?: string) => {
    const stream = new EventSource(rig.api(replica).url, lastEventId);
    streams.push(stream);
    return stream;
  };
  beforeAll(() => rig.start());
  afterEach(async () => void (await Promise.all(streams.splice(0).map((stream) => stream.close()))));
  afterAll(() => rig.stop());

  it('begins with a snapshot of councils and agents, and goes on with what changes, from any replica', async () => {
    const known = await rig.api().request({ project_name: 'known' });
    await rig.api().reaches(known, 'active');
    const stream = open(1);
    const { data } = await stream.gets('snapshot');
    expect(data).toMatchObject({ councils: [{ council_id: known, status: 'active' }], more_councils: false, presence_stale: false });
    expect((data['agents'] as { agent_id: string }[]).map(({ agent_id }) => agent_id).sort()).toEqual(['agent-1', 'agent-2']);

    const id = await rig.api(0).request({ project_name: 'new' });

    await stream.gets('council', { council_id: id, status: 'active', roles_filled: 2 });
    await stream.gets('agent', { agent_id: 'agent-1' });
    expect(stream.events.filter(({ type }) => type === 'snapshot').length).toBe(1);
  });

  it('goes on where it broke off, on the other replica: what changed meanwhile and no snapshot', async () => {
    const before = open(0);
    const snapshot = await before.gets('snapshot');
    const seen = await rig.api(0).request({ project_name: 'seen' });
    await before.gets('council', { council_id: seen, status: 'active' });
    await before.close();
    expect(before.lastEventId).not.toBe(snapshot.id);
    const missed = await rig.api(0).request({ project_name: 'missed' });
    await rig.api(1).reaches(missed, 'active');

    const after = open(1, before.lastEventId);

    await after.gets('council', { council_id: missed, status: 'active' });
    const later = await rig.api(0).request({ project_name: 'later' });
    await after.gets('council', { council_id: later, status: 'active' });
    expect(after.events.filter(({ type }) => type === 'snapshot')).toEqual([]);
    expect(after.events.filter(({ data }) => data['council_id'] === seen)).toEqual([]);
  });

  it('begins anew for a client whose position means nothing', async () => {
    for (const position of ['nonsense', '999999999.999999999']) await open(0, position).gets('snapshot');
  });

  it('says when an agent leaves', async () => {
    const stream = open(0);
    await stream.gets('snapshot');
    await rig.agent('agent-2').process.stop('SIGTERM');
    await stream.gets('agent', { agent_id: 'agent-2', left: true });
  });
});
