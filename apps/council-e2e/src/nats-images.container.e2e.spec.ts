import type { StartedTestContainer } from 'testcontainers';
import { Rig } from './harness/rig.js';

/** Ryuk, which removes what a killed test leaves behind, is an image of its own that cannot be pulled everywhere. */
process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';

const CLIENT_PORT = 4222;
const AGENTS = ['agent-1', 'agent-2', 'agent-3'];

/** A broker in a container, by the command that the compose file uses too. */
async function startContainer(image: string): Promise<StartedTestContainer> {
  // Loaded only here: the variable above is read at import.
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  await getContainerRuntimeClient().catch((cause: unknown) => {
    throw new Error('This test needs a Docker engine and none answers ("docker info"). CONTAINERS=absent leaves it out.', { cause });
  });
  return new GenericContainer(image)
    .withCommand(['--jetstream'])
    .withExposedPorts(CLIENT_PORT)
    .withLabels({ 'org.whoosh.purpose': 'end-to-end test' })
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .start();
}

describe.each([
  { image: 'nats:2.9-alpine', isOld: true },
  { image: 'nats:2.15-alpine', isOld: false },
])('a broker from the image $image', ({ image, isOld }) => {
  let container: StartedTestContainer | undefined;
  let rig = new Rig();
  beforeAll(async () => {
    container = await startContainer(image);
    rig = new Rig({ agents: AGENTS, natsUrl: `nats://${container.getHost()}:${container.getMappedPort(CLIENT_PORT)}` });
    await rig.start();
  }, 120_000);
  afterAll(async () => {
    await rig.stop();
    await container?.stop({ timeout: 0 });
  });

  it('carries a council of processes outside of it, and all agents hear of it', async () => {
    const id = await rig.api().request({ core_roles: ['tpm', 'developer', 'tester'] });
    const council = await rig.api().reaches(id, 'active');
    expect(council.roles.map(({ holder }) => holder?.agent_id).sort()).toEqual(AGENTS);
    const [delivery] = await rig.api().deliveries(id);
    expect(delivery).toMatchObject({ expected: 3, answered: 3, missing: 0, delivery_rate: 1 });
  });

  it(isOld ? 'is said to lack the security fixes' : 'is not complained about', () => {
    const sentence =
      'The NATS server is older than the security fixes of 2026: use it for compatibility tests only, never with several principals';
    const warned = rig.running().filter((process) => process.lines(sentence).length > 0);
    expect(warned.length).toBe(isOld ? 4 : 0);
  });
});
