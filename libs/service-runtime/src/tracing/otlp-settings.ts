/**
 * Where spans go. @source https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 * @param env the environment
 * @returns the URL of the traces endpoint; `undefined` when tracing is off
 */
export function tracesUrl(env: NodeJS.ProcessEnv): string | undefined {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return undefined;
  const own = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  if (own) return own;
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return base ? `${base.replace(/\/+$/, '')}/v1/traces` : undefined;
}

/**
 * The attributes of `OTEL_RESOURCE_ATTRIBUTES` (`key=value,key=value`, values percent-encoded).
 * @param text the variable's value
 * @returns empty when absent; pairs that cannot be read are left out
 */
export function resourceAttributes(text: string | undefined): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const pair of (text ?? '').split(',')) {
    const at = pair.indexOf('=');
    if (at <= 0) continue;
    try {
      attributes[pair.slice(0, at).trim()] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      continue;
    }
  }
  return attributes;
}
