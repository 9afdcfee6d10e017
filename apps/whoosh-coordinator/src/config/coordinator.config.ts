import { hostname } from 'node:os';
import { FromEnv, LOG_LEVELS, type LogLevel } from '@whoosh/service-runtime';
import { ArrayNotEmpty, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { v4 as uuidv4 } from 'uuid';

/** Everything that can be set on a coordinator, by environment variables or their `_FILE` variants. */
export class CoordinatorConfig {
  @FromEnv('NATS_URL', { parse: 'list', default: ['nats://backbeat-nats:4222'], description: 'NATS servers, comma separated' })
  @ArrayNotEmpty()
  @Matches(/^(nats|tls|ws|wss):\/\/\S+$|^[^\s/:]+(:\d+)?$/, { each: true, message: 'must look like nats://host:4222' })
  natsServers!: string[];

  @FromEnv('NATS_USER', { description: 'User at the broker' })
  @IsOptional()
  @IsString()
  natsUser?: string;

  @FromEnv('NATS_PASSWORD', { secret: true, description: 'Password at the broker' })
  @IsOptional()
  @IsString()
  natsPassword?: string;

  @FromEnv('NATS_TOKEN', { secret: true, description: 'Token at the broker, instead of user and password' })
  @IsOptional()
  @IsString()
  natsToken?: string;

  @FromEnv('NATS_CREDS_FILE', { description: 'Path of a credentials file (JWT and key) for the broker' })
  @IsOptional()
  @IsString()
  natsCredsFile?: string;

  @FromEnv('WHOOSH_HOST', { default: '0.0.0.0', description: 'Address that the HTTP server listens on' })
  @IsString()
  host!: string;

  @FromEnv('WHOOSH_PORT', { parse: 'int', default: 8080, description: 'Port of the HTTP server; 0 takes any free one' })
  @IsInt()
  @Min(0)
  @Max(65_535)
  port!: number;

  @FromEnv('WHOOSH_LOG_LEVEL', { default: 'info', description: 'How much is logged' })
  @IsIn(LOG_LEVELS)
  logLevel!: LogLevel;

  @FromEnv('WHOOSH_REPLICA_ID', { description: 'Name of this replica in documents and consumers; made from the host name unless set' })
  @Matches(/^[A-Za-z0-9_-]{1,64}$/, { message: 'must be 1 to 64 letters, digits, "_" and "-"' })
  replicaId = `${hostname()
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 40)}-${uuidv4().slice(0, 8)}`;

  @FromEnv('WHOOSH_STREAM_REPLICAS', { parse: 'int', default: 1, description: 'Copies of each stream: 1, or 3 on a cluster' })
  @IsIn([1, 3])
  streamReplicas!: 1 | 3;

  @FromEnv('WHOOSH_BROADCAST_MODE', { default: 'nats', description: 'How opportunities go out' })
  @IsIn(['nats'])
  broadcastMode!: 'nats';

  @FromEnv('WHOOSH_DISCOVERY_MODE', { default: 'nats', description: 'How agents are found: by their presence in NATS' })
  @IsIn(['nats'])
  discoveryMode!: 'nats';

  @FromEnv('WHOOSH_FORMATION_TIMEOUT_MS', {
    parse: 'duration-ms',
    default: 60_000,
    unit: 'ms',
    description: 'Time from request to active, where the request names no deadline',
  })
  @IsInt()
  @Min(100)
  @Max(7 * 24 * 3_600_000)
  formationTimeoutMs!: number;

  @FromEnv('WHOOSH_CLAIM_WINDOW_MS', {
    parse: 'duration-ms',
    default: 5_000,
    unit: 'ms',
    description: 'How long answers to the first announcement are awaited; less when every online agent has answered',
  })
  @IsInt()
  @Min(50)
  @Max(3_600_000)
  claimWindowMs!: number;

  @FromEnv('WHOOSH_RESPONSE_JITTER_MS', {
    parse: 'duration-ms',
    default: 25,
    unit: 'ms',
    description:
      'Agents spread their answers over this time, so that the last of them hears before the first has answered; more for thousands',
  })
  @IsInt()
  @Min(0)
  @Max(60_000)
  responseJitterMs!: number;

  @FromEnv('WHOOSH_OFFER_TIMEOUT_MS', { parse: 'duration-ms', default: 5_000, unit: 'ms', description: 'How long an offer stands' })
  @IsInt()
  @Min(50)
  @Max(3_600_000)
  offerTimeoutMs!: number;

  @FromEnv('WHOOSH_TAKE_OVER_AFTER_MS', {
    parse: 'duration-ms',
    default: 1_000,
    unit: 'ms',
    description: 'How long other replicas leave a step to the one that decided it',
  })
  @IsInt()
  @Min(100)
  @Max(600_000)
  takeOverAfterMs!: number;

  @FromEnv('WHOOSH_PUBLISH_DEADLINE_MS', {
    parse: 'duration-ms',
    default: 5_000,
    unit: 'ms',
    description: 'How long a publish is retried, under the same message id, before it counts as failed',
  })
  @IsInt()
  @Min(100)
  @Max(600_000)
  publishDeadlineMs!: number;
}
