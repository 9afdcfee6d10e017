import { eventually } from '@whoosh/testing';
import type { CouncilApi } from './council-api.js';

/**
 * Waits until the agents believe what the documents say: every filled role is held by its holder, under its generation, and nobody
 * holds anything else.
 * @param councilIds every council that has not ended
 */
export async function agreement(api: CouncilApi, councilIds: readonly string[]): Promise<void> {
  await eventually(
    async () => {
      const councils = await Promise.all(councilIds.map((id) => api.council(id)));
      const written = councils.flatMap(({ council_id, roles }) =>
        roles.flatMap(({ role_name, generation, holder }) =>
          holder ? [`${holder.agent_id}: ${council_id} ${role_name} ${generation}`] : [],
        ),
      );
      const believed = (await api.agents()).flatMap(({ agent_id, holding }) =>
        holding.map(({ council_id, role_name, generation }) => `${agent_id}: ${council_id} ${role_name} ${generation}`),
      );
      const unknown = written.filter((role) => !believed.includes(role));
      const wrong = believed.filter((role) => !written.includes(role));
      if (unknown.length + wrong.length > 0)
        throw new Error(`not known to their holders: [${unknown}]; held without being given: [${wrong}]`);
    },
    { what: 'agents hold what the documents say', timeoutMs: 20_000, intervalMs: 100 },
  );
}
