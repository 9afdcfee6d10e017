import { eventually } from '@whoosh/testing';

/** One server-sent event. */
export interface ServerSentEvent {
  readonly id?: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads `GET /api/v1/stream` as a browser does, without reconnecting by itself. */
export class EventSource {
  readonly events: ServerSentEvent[] = [];
  private readonly over = new AbortController();
  private readonly reading: Promise<void>;

  /** @param lastEventId where an earlier stream ended */
  constructor(url: string, lastEventId?: string) {
    this.reading = this.read(url, lastEventId).catch((error: unknown) => {
      if (!this.over.signal.aborted) throw error;
    });
    this.reading.catch(() => undefined);
  }

  /** The id of the last event that had one: what a client sends when it comes back. */
  get lastEventId(): string | undefined {
    return this.events.findLast(({ id }) => id !== undefined)?.id;
  }

  /** Waits for an event. @returns the first of this type whose data has these values */
  async gets(type: string, fields: Readonly<Record<string, unknown>> = {}): Promise<ServerSentEvent> {
    return eventually(
      () => {
        const found = this.events.find(
          (event) => event.type === type && Object.entries(fields).every(([name, value]) => event.data[name] === value),
        );
        if (found === undefined) throw new Error(`so far: ${this.events.map((event) => event.type).join() || 'nothing'}`);
        return found;
      },
      { what: `a ${type} event with ${JSON.stringify(fields)}` },
    );
  }

  /** Ends the reading, as a client that goes away. */
  async close(): Promise<void> {
    this.over.abort();
    await this.reading;
  }

  private async read(url: string, lastEventId: string | undefined): Promise<void> {
    const headers = { accept: 'text/event-stream', ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
    const reply = await fetch(`${url}/api/v1/stream`, { headers, signal: this.over.signal });
    if (!reply.ok || reply.body === null) throw new Error(`the stream gave ${reply.status}`);
    let rest = '';
    for await (const text of reply.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.take(block);
    }
  }

  private take(block: string): void {
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
    const data = fields.get('data');
    if (data === undefined) return;
    const id = fields.get('id');
    const event = { type: fields.get('event') ?? 'message', data: JSON.parse(data) as Record<string, unknown> };
    this.events.push(id === undefined ? event : { ...event, id });
  }
}
