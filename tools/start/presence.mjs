// What agents that were killed said of themselves stays in the bucket, and is believed for a while.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../lib/workspace.mjs';

/** @param {string} file a single built one: the whole of a library takes half a second to load */
const built = (file) => import(pathToFileURL(join(root, 'libs', file)).href);

/**
 * Deletes the presence of the agents that an earlier `npm start` ran, so that no council waits for their answers.
 * Only for the broker of this checkout before anything else uses it: none of them runs any more.
 * @param {string} natsUrl
 */
export async function forgetEarlierAgents(natsUrl) {
  const { BUCKETS } = await built('council-contracts/dist/topology.js');
  const { Broker } = await built('jetstream/dist/broker.js');
  const { DocumentBucket } = await built('jetstream/dist/kv-document.js');
  const broker = new Broker({ servers: [natsUrl], name: 'npm-start' });
  await broker.connect(AbortSignal.timeout(10_000));
  try {
    const agents = new DocumentBucket(broker, BUCKETS.agents.name, { encode: JSON.stringify, decode: String });
    const keys = await agents.keys();
    await Promise.all(
      keys.filter((/** @type {string} */ key) => /^agent-\d+$/.test(key)).map((/** @type {string} */ key) => agents.delete(key)),
    );
  } finally {
    await broker.drain();
  }
}
