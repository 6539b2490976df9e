import { HodeiError } from '@hodei/domain';

/** Where traces go, and which. */
export interface TraceSettings {
  /** The whole URL that spans are posted to. */
  readonly url: string;
  readonly protocol: (typeof PROTOCOLS)[number];
  readonly sampler: (typeof SAMPLERS)[number];
  /** The part of traces that is recorded, from 0 to 1; of the samplers with a ratio. */
  readonly ratio: number;
  readonly serviceName: string;
}

const PROTOCOLS = ['http/protobuf', 'http/json'] as const;
const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/**
 * Reads the environment as OpenTelemetry lays it down. Other variables of an OTLP exporter (headers, timeout,
 * compression, certificates) and `OTEL_RESOURCE_ATTRIBUTES` are read by the library itself.
 * @returns nothing where no endpoint is named, or traces are switched off.
 * @throws HodeiError `config_invalid`; no value is in the message.
 */
export function readTraceSettings(env: NodeJS.ProcessEnv): TraceSettings | undefined {
  const read = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const url = endpointOf(read);
  if (url === undefined || read('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  if (read('OTEL_TRACES_EXPORTER') === 'none') return undefined;
  const protocolVariable =
    read('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') === undefined
      ? 'OTEL_EXPORTER_OTLP_PROTOCOL'
      : 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL';
  const ratio = Number(read('OTEL_TRACES_SAMPLER_ARG') ?? 1);
  if (!(ratio >= 0 && ratio <= 1))
    throw new HodeiError('config_invalid', 'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1');
  return {
    url,
    protocol: oneOf(protocolVariable, read(protocolVariable) ?? 'http/protobuf', PROTOCOLS),
    sampler: oneOf('OTEL_TRACES_SAMPLER', read('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on', SAMPLERS),
    ratio,
    serviceName: read('OTEL_SERVICE_NAME') ?? 'hodei',
  };
}

function endpointOf(read: (name: string) => string | undefined): string | undefined {
  const name = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
  const whole = read(name);
  const base = read('OTEL_EXPORTER_OTLP_ENDPOINT');
  const [variable, text] =
    whole === undefined
      ? ['OTEL_EXPORTER_OTLP_ENDPOINT', base && `${base.replace(/\/+$/, '')}/v1/traces`]
      : [name, whole];
  if (text === undefined) return undefined;
  if (URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)) return text;
  throw new HodeiError('config_invalid', `${variable} must be a URL like http://collector:4318`);
}

function oneOf<Allowed extends string>(name: string, given: string, allowed: readonly Allowed[]): Allowed {
  const found = allowed.find((one) => one === given);
  if (found !== undefined) return found;
  throw new HodeiError('config_invalid', `${name} must be one of ${allowed.join(', ')}`);
}
