/** What one check found. Further fields are shown to whoever asks. */
export interface HealthResult {
  readonly ok: boolean;
  readonly [detail: string]: unknown;
}

/** `live`: restart the process when it fails. `ready`: send it no work while it fails. */
export type HealthKind = 'live' | 'ready';

/** The answer of a health endpoint. */
export interface HealthReport {
  readonly status: 'ok' | 'error';
  readonly checks: Readonly<Record<string, HealthResult>>;
}

interface HealthCheck {
  readonly name: string;
  readonly kind: HealthKind;
  readonly run: () => Promise<HealthResult> | HealthResult;
}

/** The health checks of one process. A check that throws, or that takes too long, counts as failed and says so. */
export class HealthChecks {
  private readonly checks: HealthCheck[] = [];

  /** @param timeoutMs how long one check may take; 1000 unless told */
  constructor(private readonly timeoutMs = 1_000) {}

  /**
   * Adds a check.
   * @param name a key of the report, e.g. `nats`
   * @param run asked at each request of the endpoint
   * @param kind which endpoint shows it
   */
  register(name: string, run: () => Promise<HealthResult> | HealthResult, kind: HealthKind): void {
    this.checks.push({ name, run, kind });
  }

  /** Whether the process works at all. */
  live(): Promise<HealthReport> {
    return this.report('live');
  }

  /** Whether the process can do its work now. */
  ready(): Promise<HealthReport> {
    return this.report('ready');
  }

  private async report(kind: HealthKind): Promise<HealthReport> {
    const chosen = this.checks.filter((check) => check.kind === kind);
    const results = await Promise.all(chosen.map(async (check) => [check.name, await this.outcome(check)] as const));
    return { status: results.every(([, result]) => result.ok) ? 'ok' : 'error', checks: Object.fromEntries(results) };
  }

  private async outcome(check: HealthCheck): Promise<HealthResult> {
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<HealthResult>((resolve) => {
      timer = setTimeout(() => resolve({ ok: false, reason: `no answer within ${this.timeoutMs} ms` }), this.timeoutMs);
    });
    try {
      return await Promise.race([check.run(), expired]);
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}
