import { resourceAttributes, tracesUrl } from './otlp-settings.js';

describe('tracesUrl', () => {
  it('adds the path to the general endpoint and takes the specific one as it is', () => {
    expect(tracesUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' })).toBe('http://c:4318/v1/traces');
    expect(tracesUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/x' })).toBe(
      'http://t/x',
    );
  });

  it('is none without an endpoint, and when tracing is switched off', () => {
    expect(tracesUrl({})).toBeUndefined();
    expect(tracesUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBeUndefined();
    expect(tracesUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_SDK_DISABLED: 'true' })).toBeUndefined();
    expect(tracesUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_TRACES_EXPORTER: 'none' })).toBeUndefined();
  });
});

describe('resourceAttributes', () => {
  it('reads pairs and leaves out what cannot be read', () => {
    expect(resourceAttributes('a=1, b = x%20y ,=z,broken,c=%')).toEqual({ a: '1', b: 'x y' });
    expect(resourceAttributes(undefined)).toEqual({});
  });
});
