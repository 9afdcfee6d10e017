import { DiscardPolicy, JetStreamApiError, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { Broker } from './broker.js';
import { BrokerError } from './connection.errors.js';
import { isStreamMissing } from './consumer-provisioner.js';
import { retryTransient } from './transient.js';

/** A stream, as data. */
export interface StreamSpec {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly maxAgeMs: number;
  /** `undefined`: no limit. */
  readonly maxMsgsPerSubject?: number;
  /** `undefined`: the server's default of 2 minutes. */
  readonly duplicateWindowMs?: number;
  readonly allowDirect: boolean;
  /** Said explicitly: 2.15 allows 1,000 otherwise, and 2.9 and 2.10 cannot change it later. */
  readonly maxConsumers: number;
  readonly description: string;
}

/** A key-value bucket, as data. */
export interface BucketSpec {
  readonly name: string;
  /** Values kept for each key, 1 to 64. */
  readonly history: number;
  /** `undefined`: values stay for ever. */
  readonly maxAgeMs?: number;
  readonly allowDirect: boolean;
  readonly maxConsumers?: number;
  readonly description: string;
}

/** What must exist. */
export interface Topology {
  readonly streams: readonly StreamSpec[];
  readonly buckets: readonly BucketSpec[];
  readonly replicas: 1 | 3;
}

/** A setting that is not as specified. */
export interface Drift {
  /** The stream's name; `KV_<bucket>` for a bucket. */
  readonly name: string;
  readonly field: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** What was found and done. */
export interface TopologyReport {
  /** Names of the streams that were created now. */
  readonly created: readonly string[];
  readonly drift: readonly Drift[];
}

/** Another stream has one of these subjects already, so this one cannot be created. */
export class SubjectsTakenError extends BrokerError {
  readonly code = 'subjects_taken';

  constructor(
    readonly stream: string,
    readonly subjects: readonly string[],
    readonly takenBy: string | undefined,
    cause?: unknown,
  ) {
    super(
      `The stream ${stream} cannot be created: ${takenBy === undefined ? 'another stream' : `the stream ${takenBy}`} has one of its subjects (${subjects.join(', ')}). ` +
        'Change or remove that stream.',
      cause,
    );
  }
}

const NAME_IN_USE = 10058;
const SUBJECTS_OVERLAP = 10065;
const DEFAULT_DUPLICATE_WINDOW_MS = 120_000;
const BUCKET_CONSUMERS = 10_000;
/** What is compared: the settings that a topology speaks of. */
const COMPARED = [
  'subjects',
  'retention',
  'storage',
  'discard',
  'max_age',
  'max_msgs_per_subject',
  'duplicate_window',
  'allow_direct',
  'max_consumers',
  'num_replicas',
] as const satisfies (keyof StreamConfig)[];

/** The stream behind a bucket. */
export function bucketStream(bucket: string): string {
  return `KV_${bucket}`;
}

/**
 * Creates the streams and buckets that are missing, and reports settings that differ. It never changes or deletes anything, so it
 * may run at every start and after every reconnect, in several processes at once.
 * @param options.deadlineMs for each stream, while the broker elects leaders; default 15,000
 * @returns what was created, and the drift, both in the order of the topology
 * @throws SubjectsTakenError, or what the API answered
 */
export async function ensureTopology(
  broker: Broker,
  topology: Topology,
  options: { readonly deadlineMs?: number; readonly signal?: AbortSignal } = {},
): Promise<TopologyReport> {
  const created: string[] = [];
  const drift: Drift[] = [];
  const wanted = [
    ...topology.streams.map((stream) => streamConfig(stream, topology.replicas)),
    ...topology.buckets.map((bucket) => bucketConfig(bucket, topology.replicas)),
  ];
  for (const config of wanted) {
    const retry = { deadlineMs: options.deadlineMs ?? 15_000, signal: options.signal };
    const { isNew, actual } = await retryTransient(() => findOrCreate(broker, config), retry);
    if (isNew) created.push(config.name);
    drift.push(...differences(config, actual));
  }
  for (const each of drift) broker.logger.warn({ ...each }, 'A stream is configured differently than specified: it is left as it is');
  if (created.length > 0) broker.logger.info({ streams: created }, 'Created missing streams');
  return { created, drift };
}

type WantedConfig = Partial<StreamConfig> & { name: string; subjects: string[] };

async function findOrCreate(broker: Broker, config: WantedConfig): Promise<{ isNew: boolean; actual: StreamConfig }> {
  const { streams } = broker.streamManager;
  try {
    return { isNew: false, actual: (await streams.info(config.name)).config };
  } catch (error) {
    if (!isStreamMissing(error)) throw error;
  }
  try {
    return { isNew: true, actual: (await streams.add(config)).config };
  } catch (error) {
    const code = error instanceof JetStreamApiError ? error.code : 0;
    // Another process was faster, with other settings.
    if (code === NAME_IN_USE) return { isNew: false, actual: (await streams.info(config.name)).config };
    if (code === SUBJECTS_OVERLAP)
      throw new SubjectsTakenError(config.name, config.subjects, await takenBy(broker, config.subjects), error);
    throw error;
  }
}

async function takenBy(broker: Broker, subjects: readonly string[]): Promise<string | undefined> {
  for (const subject of subjects) {
    for await (const name of broker.streamManager.streams.names(subject)) return name;
  }
  return undefined;
}

function streamConfig(spec: StreamSpec, replicas: 1 | 3): WantedConfig {
  return {
    ...common(spec, replicas),
    name: spec.name,
    subjects: [...spec.subjects],
    discard: DiscardPolicy.Old,
    max_msgs_per_subject: spec.maxMsgsPerSubject ?? -1,
    max_consumers: spec.maxConsumers,
    duplicate_window: nanos(Math.min(spec.duplicateWindowMs ?? DEFAULT_DUPLICATE_WINDOW_MS, spec.maxAgeMs)),
  };
}

/** The layout that every NATS client knows as a key-value bucket. */
function bucketConfig(spec: BucketSpec, replicas: 1 | 3): WantedConfig {
  return {
    ...common(spec, replicas),
    name: bucketStream(spec.name),
    subjects: [`$KV.${spec.name}.>`],
    discard: DiscardPolicy.New,
    max_msgs_per_subject: spec.history,
    max_consumers: spec.maxConsumers ?? BUCKET_CONSUMERS,
    allow_rollup_hdrs: true,
    deny_delete: true,
    duplicate_window: nanos(Math.min(DEFAULT_DUPLICATE_WINDOW_MS, spec.maxAgeMs ?? Infinity)),
  };
}

function common(spec: StreamSpec | BucketSpec, replicas: 1 | 3): Partial<StreamConfig> {
  return {
    description: spec.description,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    max_age: spec.maxAgeMs === undefined ? 0 : nanos(spec.maxAgeMs),
    max_msgs: -1,
    max_bytes: -1,
    max_msg_size: -1,
    allow_direct: spec.allowDirect,
    num_replicas: replicas,
  };
}

function differences(expected: WantedConfig, actual: StreamConfig): Drift[] {
  return COMPARED.filter((field) => comparable(expected[field]) !== comparable(actual[field])).map((field) => ({
    name: expected.name,
    field,
    expected: expected[field],
    actual: actual[field],
  }));
}

function comparable(value: unknown): string {
  // The API leaves out what is false or zero.
  if (value === undefined || value === false || value === 0) return '';
  return Array.isArray(value) ? [...(value as string[])].sort().join(' ') : String(value);
}
