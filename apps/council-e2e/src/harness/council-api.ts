import { eventually } from '@whoosh/testing';

/** A role as `GET /api/v1/councils/:id` shows it. */
export interface ShownRole {
  readonly role_name: string;
  readonly state: 'open' | 'offered' | 'filled' | 'released';
  readonly generation: number;
  readonly holder?: { readonly agent_id: string; readonly instance_id: string };
}

/** A council as `GET /api/v1/councils/:id` shows it, as far as the tests look. */
export interface ShownCouncil {
  readonly council_id: string;
  readonly project_name: string;
  readonly status: string;
  readonly attempt: number;
  readonly revision: number;
  readonly roles: readonly ShownRole[];
  readonly bid_book: readonly { readonly role_name: string; readonly ranked: readonly { readonly agent_id: string }[] }[];
  readonly reach: { readonly expected: number; readonly answered: number; readonly p95_ms?: number };
}

/** One announcement of `GET /api/v1/councils/:id/deliveries`. */
export interface ShownDelivery {
  readonly attempt: number;
  readonly expected: number;
  readonly answered: number;
  readonly missing: number;
  readonly delivery_rate: number;
  readonly deliveries: readonly { readonly agent_id: string; readonly state: string; readonly response?: string }[];
}

/** One agent of `GET /api/v1/agents`. */
export interface ShownAgent {
  readonly agent_id: string;
  readonly instance_id: string;
  readonly liveness: string;
  readonly holding: readonly { readonly council_id: string; readonly role_name: string; readonly generation: number }[];
}

/** What a request got. */
export interface ApiReply<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** A wish for a council; names are made where none are given. */
export interface CouncilWish {
  readonly project_name?: string;
  readonly repository?: string;
  readonly core_roles?: readonly (string | object)[];
  readonly [field: string]: unknown;
}

/** The HTTP API of one coordinator. */
export class CouncilApi {
  constructor(readonly url: string) {}

  /** Sends a request and reads its JSON. @throws TypeError when nobody listens */
  async send<T>(method: string, path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<ApiReply<T>> {
    const sent = new Headers(headers);
    if (body !== undefined) sent.set('content-type', 'application/json');
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const reply = await fetch(`${this.url}${path}`, { method, headers: sent, ...content, signal: AbortSignal.timeout(20_000) });
    return { status: reply.status, body: (await reply.json()) as T, headers: reply.headers };
  }

  /** Asks for something that is there. @throws Error with the answer when the status is not 200 */
  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.send<T>('GET', path);
    if (status !== 200) throw new Error(`GET ${path} gave ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Requests a council. */
  post(wish: CouncilWish, headers: Readonly<Record<string, string>> = {}): Promise<ApiReply<ShownCouncil>> {
    return this.send('POST', '/api/v1/councils', { ...PLAIN_WISH, ...wish }, headers);
  }

  /** Requests a council. @returns its id. @throws Error when it is not accepted */
  async request(wish: CouncilWish, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const { status, body } = await this.post(wish, headers);
    if (status !== 201 && status !== 200) throw new Error(`the council was refused with ${status}: ${JSON.stringify(body)}`);
    return body.council_id;
  }

  council(id: string): Promise<ShownCouncil> {
    return this.get(`/api/v1/councils/${id}`);
  }

  async deliveries(id: string): Promise<readonly ShownDelivery[]> {
    return (await this.get<{ attempts: ShownDelivery[] }>(`/api/v1/councils/${id}/deliveries`)).attempts;
  }

  async agents(): Promise<readonly ShownAgent[]> {
    return (await this.get<{ agents: ShownAgent[] }>('/api/v1/agents')).agents;
  }

  /** Waits for a status, and for more where `also` says so. @returns the council as it then is */
  async reaches(
    id: string,
    status: string,
    also: (council: ShownCouncil) => boolean = () => true,
    timeoutMs = 20_000,
  ): Promise<ShownCouncil> {
    return eventually(
      async () => {
        const council = await this.council(id);
        if (council.status !== status || !also(council)) throw new Error(inShort(council));
        return council;
      },
      { what: `council ${id} is ${status}${also.length > 0 ? ` and ${String(also)}` : ''}`, timeoutMs, intervalMs: 50 },
    );
  }

  /** Waits until exactly these agents are online. */
  async sees(agentIds: readonly string[], timeoutMs = 15_000): Promise<void> {
    const wanted = [...agentIds].sort();
    await eventually(
      async () => {
        const online = (await this.agents()).filter(({ liveness }) => liveness === 'online').map(({ agent_id }) => agent_id);
        if (online.join() !== wanted.join()) throw new Error(`online: ${online.join() || 'nobody'}`);
      },
      { what: `${this.url} sees ${wanted.join()}`, timeoutMs, intervalMs: 50 },
    );
  }
}

const PLAIN_WISH = { project_name: 'e2e', repository: 'https://git.example.org/e2e', core_roles: ['tpm', 'developer'] };

function inShort({ status, attempt, roles, reach }: ShownCouncil): string {
  const shown = roles.map(({ role_name, state, generation, holder }) => `${role_name} ${state} ${generation} ${holder?.agent_id ?? '-'}`);
  return `${status}, attempt ${attempt}, ${shown.join('; ')}, ${reach.answered} of ${reach.expected} answered`;
}

/** Who holds a role. @throws Error when the council has no such role, or nobody holds it */
export function holderOf(council: ShownCouncil, roleName: string): string {
  const role = council.roles.find((each) => each.role_name === roleName);
  if (role?.holder === undefined) throw new Error(`nobody holds ${roleName} of ${inShort(council)}`);
  return role.holder.agent_id;
}
