import { FromEnv, LOG_LEVELS } from '@whoosh/service-runtime';
import type { LogLevel } from '@whoosh/service-runtime';
import { TOKEN } from '@whoosh/council-contracts';
import { ArrayMaxSize, ArrayMinSize, IsIn, IsInt, IsOptional, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';

/** A variable of ours that begins so and is no setting stops the start. */
export const AGENT_ENV_PREFIXES = ['CHORUS_'];

const ONE_LINE = /^[^\r\n\0]*$/;
const SERVER = /^((nats|tls|ws|wss):\/\/)?([^\s/@:,]+(:[^\s/@]*)?@)?(\[[0-9a-fA-F:]+\]|[^\s/:@,]+)(:\d{1,5})?\/?$/;
const aLine = { message: '$property must be one line of text' };

/** Every setting of an agent, compiled once at start; afterwards nobody reads the environment. */
export class AgentConfig {
  @FromEnv('NATS_URL', {
    parse: 'list',
    default: ['nats://backbeat-nats:4222'],
    description: 'servers of the broker, separated by commas, as nats://host:port',
  })
  @ArrayMinSize(1, { message: '$property must name at least one server' })
  @Matches(SERVER, { each: true, message: '$property must be servers such as nats://host:4222' })
  servers!: string[];

  @FromEnv('NATS_USER', { description: 'user name for the broker' })
  @IsOptional()
  user?: string;

  @FromEnv('NATS_PASSWORD', { secret: true, description: 'password for the broker' })
  @IsOptional()
  password?: string;

  @FromEnv('NATS_TOKEN', { secret: true, description: 'token for the broker' })
  @IsOptional()
  token?: string;

  @FromEnv('NATS_CREDS_FILE', { description: 'path of a credentials file (JWT and key) for the broker' })
  @IsOptional()
  credsFile?: string;

  @FromEnv('CHORUS_AGENT_ID', {
    description: 'id of the agent; unless set it is computed from the service and a name with a Swarm slot, else random at each start',
  })
  @IsOptional()
  @Matches(TOKEN, { message: '$property must be 1 to 64 letters, digits, "_" and "-"' })
  agentId?: string;

  @FromEnv('CHORUS_AGENT_NAME', { description: 'name for people; CHORUS-Agent-{{.Task.Slot}} in a Swarm service also gives the id' })
  @IsOptional()
  @MaxLength(200)
  @Matches(ONE_LINE, aLine)
  agentName?: string;

  @FromEnv('CHORUS_SERVICE_NAME', { default: 'CHORUS_chorus', description: 'name of the Swarm service' })
  @MinLength(1)
  @MaxLength(200)
  serviceName!: string;

  @FromEnv('CHORUS_AGENT_PORT', {
    parse: 'int',
    default: 8080,
    description: 'port for health, metrics and the HTTP door for opportunities; 0 lets the system choose',
  })
  @IsInt()
  @Min(0)
  @Max(65_535)
  port!: number;

  @FromEnv('CHORUS_AGENT_HOST', { description: 'address to listen on; all unless set' })
  @IsOptional()
  host?: string;

  @FromEnv('CHORUS_ROLES', { parse: 'list', default: [], description: 'roles that the agent is willing to take; any unless set' })
  @ArrayMaxSize(256)
  @MaxLength(200, { each: true })
  @Matches(ONE_LINE, { each: true, ...aLine })
  roles!: string[];

  @FromEnv('CHORUS_CAPABILITIES', { parse: 'list', default: [], description: 'what the agent can do, told to coordinators' })
  @ArrayMaxSize(128)
  @MaxLength(200, { each: true })
  @Matches(ONE_LINE, { each: true, ...aLine })
  capabilities!: string[];

  @FromEnv('CHORUS_SKILLS', { parse: 'list', default: [], description: 'skills that roles may require; they count as capabilities too' })
  @ArrayMaxSize(128)
  @MaxLength(200, { each: true })
  @Matches(ONE_LINE, { each: true, ...aLine })
  skills!: string[];

  @FromEnv('CHORUS_MAX_TASKS', {
    parse: 'int',
    default: 5,
    description: 'roles that the agent works on at a time; 0: it declines everything',
  })
  @IsInt()
  @Min(0)
  @Max(1_000)
  maxTasks!: number;

  @FromEnv('CHORUS_MODEL', { description: 'model that the agent works with, told to coordinators' })
  @IsOptional()
  @MaxLength(200)
  @Matches(ONE_LINE, aLine)
  model?: string;

  @FromEnv('CHORUS_PRESENCE_INTERVAL_MS', {
    parse: 'duration-ms',
    default: 10_000,
    description: 'least time between presence beats; a large fleet beats less often; below 10 s is for tests',
  })
  @Min(50)
  @Max(3_600_000)
  presenceIntervalMs!: number;

  @FromEnv('CHORUS_BID_VALID_FOR_MS', {
    parse: 'duration-ms',
    default: 86_400_000,
    unit: 'ms',
    description: 'how long a bid stands: while it does, the agent may be offered the role when its holder is lost',
  })
  @IsInt()
  @Min(0)
  @Max(604_800_000)
  bidValidForMs!: number;

  @FromEnv('CHORUS_WORK_DURATION_MS', {
    parse: 'int',
    default: 30_000,
    unit: 'ms',
    description: 'how long the built-in worker takes for a role; 0: done at once; -1: it works until the council ends',
  })
  @IsInt()
  @Min(-1)
  @Max(2_147_483_647)
  workDurationMs!: number;

  @FromEnv('CHORUS_FORMATION_WINDOW_MS', {
    parse: 'duration-ms',
    default: 60_000,
    description: 'how far back a starting agent listens for opportunities that it may have missed',
  })
  @Min(0)
  @Max(86_400_000)
  formationWindowMs!: number;

  @FromEnv('CHORUS_STREAM_REPLICAS', {
    parse: 'int',
    default: 1,
    description: 'replicas of streams that the agent has to create; 3 on a cluster',
  })
  @IsIn([1, 3], { message: '$property must be 1 or 3' })
  streamReplicas!: 1 | 3;

  @FromEnv('CHORUS_NODE', { description: 'machine that the agent runs on, e.g. {{.Node.Hostname}}; the host name unless set' })
  @IsOptional()
  @MaxLength(200)
  @Matches(ONE_LINE, aLine)
  node?: string;

  @FromEnv('CHORUS_TASK_ID', { description: 'task of the orchestrator, e.g. {{.Task.ID}}' })
  @IsOptional()
  @MaxLength(200)
  @Matches(ONE_LINE, aLine)
  taskId?: string;

  @FromEnv('CHORUS_LOG_LEVEL', { default: 'info', description: `one of ${LOG_LEVELS.join(', ')}` })
  @IsIn([...LOG_LEVELS])
  logLevel!: LogLevel;
}
