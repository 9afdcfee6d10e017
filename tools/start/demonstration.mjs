// One council, so that something is to be seen.
import { setTimeout as wait } from 'node:timers/promises';
import { ask } from './api.mjs';

/** The roles of the demonstration and the skill that each asks for. */
const ROLES = [
  ['tpm', 'planning'],
  ['architect', 'system-design'],
  ['developer', 'typescript'],
  ['frontend-developer', 'react'],
  ['qa-engineer', 'testing'],
  ['security-reviewer', 'threat-modelling'],
  ['devops-engineer', 'docker'],
  ['technical-writer', 'writing'],
];
const FINAL = ['completed', 'failed', 'cancelled', 'expired'];

/** @param {number} index of an agent, from 0 @returns {string} its skill: each role of the demonstration has somebody who is good at it */
export function skillOf(index) {
  return ROLES[index % ROLES.length]?.[1] ?? '';
}

/** @param {number} agents @returns {{ project_name: string, repository: string, project_brief: string, core_roles: object[] }} */
export function demonstration(agents) {
  return {
    project_name: 'demonstration',
    repository: 'https://git.example.org/whoosh/demonstration',
    project_brief: 'A council that npm start forms, so that something is to be seen.',
    core_roles: ROLES.slice(0, Math.max(1, agents)).map(([role_name, skill]) => ({ role_name, required_skills: [skill] })),
  };
}

/**
 * Forms the council and waits until it is active, or ended otherwise.
 * @param {string} api URL of the coordinator
 * @param {number} agents
 * @param {(text: string) => void} note
 * @returns {Promise<{ id: string, status: string, tookMs: number, roles: { role: string, state: string, agent?: string }[], answered: number, expected: number }>}
 * @throws Error when the coordinator refuses it
 */
export async function formCouncil(api, agents, note) {
  const startedAt = Date.now();
  const { status, body } = await ask(`${api}/api/v1/councils`, { method: 'POST', body: demonstration(agents) });
  if (status !== 201 && status !== 200) throw new Error(`The coordinator refused the demonstration council: ${JSON.stringify(body)}`);
  let council = body;
  for (
    const deadline = Date.now() + 65_000;
    council.status !== 'active' && !FINAL.includes(council.status) && Date.now() < deadline;
    await wait(50)
  ) {
    const now = await ask(`${api}/api/v1/councils/${council.council_id}`);
    if (now.status === 200) council = now.body;
    const filled = council.roles.filter((/** @type {any} */ role) => role.state === 'filled').length;
    note(`${council.status}, ${filled} of ${council.roles.length} roles filled`);
  }
  const took = council.active_at === undefined ? Date.now() - startedAt : Date.parse(council.active_at) - Date.parse(council.created_at);
  return {
    id: council.council_id,
    status: council.status,
    tookMs: took,
    roles: council.roles.map((/** @type {any} */ role) => ({ role: role.role_name, state: role.state, agent: role.holder?.agent_name })),
    answered: council.reach.answered,
    expected: council.reach.expected,
  };
}
