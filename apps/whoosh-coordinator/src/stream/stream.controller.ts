import { Controller, Headers, type MessageEvent, Sse } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { map, type Observable } from 'rxjs';
import { ChangeStream, parsePosition } from './change-stream.js';

/** The stream of changes as server-sent events. */
@ApiTags('stream')
@Controller('api/v1/stream')
export class StreamController {
  constructor(private readonly changes: ChangeStream) {}

  @Sse()
  @ApiOperation({ summary: 'Server-sent events: a snapshot, then deltas; resume with Last-Event-ID' })
  @ApiHeader({ name: 'Last-Event-ID', required: false })
  open(@Headers('last-event-id') lastEventId?: string): Observable<MessageEvent> {
    return this.changes.open(parsePosition(lastEventId)).pipe(map((event): MessageEvent => ({ ...event })));
  }
}
