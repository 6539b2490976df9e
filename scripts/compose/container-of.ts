import type { ComposeHealthcheck, ComposeService } from './read-compose.ts';

/** Whose container it is. */
export interface ComposeProject {
  /** The prefix of all names. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What `docker compose up` asks the engine to create for a service, on the network that has the project's name. */
export const containerOf = (name: string, service: ComposeService, project: ComposeProject): object => ({
  Image: service.image,
  ...(service.command === undefined ? {} : { Cmd: service.command }),
  Env: Object.entries(service.environment ?? {}).map(([variable, value]) => `${variable}=${value}`),
  Labels: project.labels,
  StopTimeout: secondsOf(service.stop_grace_period ?? '10s'),
  ExposedPorts: Object.fromEntries((service.ports ?? []).map((port) => [parsePort(port).inside, {}])),
  ...(service.healthcheck === undefined ? {} : { Healthcheck: healthcheckOf(service.healthcheck) }),
  HostConfig: {
    NetworkMode: project.name,
    Binds: (service.volumes ?? []).map((volume) => (volume.startsWith('/') ? volume : `${project.name}_${volume}`)),
    PortBindings: Object.fromEntries(
      (service.ports ?? [])
        .map(parsePort)
        .map(({ host, port, inside }) => [inside, [{ HostIp: host, HostPort: port }]]),
    ),
    GroupAdd: service.group_add ?? [],
    ReadonlyRootfs: service.read_only ?? false,
    Tmpfs: Object.fromEntries((service.tmpfs ?? []).map((path) => [path, ''])),
    CapDrop: service.cap_drop ?? [],
    SecurityOpt: service.security_opt ?? [],
    RestartPolicy: { Name: service.restart ?? 'no' },
  },
  NetworkingConfig: { EndpointsConfig: { [project.name]: { Aliases: [name] } } },
});

const healthcheckOf = ({
  test,
  interval,
  timeout,
  start_period: startPeriod,
  retries,
}: ComposeHealthcheck): object => ({
  Test: test,
  Interval: secondsOf(interval) * 1e9,
  Timeout: secondsOf(timeout) * 1e9,
  StartPeriod: secondsOf(startPeriod ?? '0s') * 1e9,
  Retries: retries,
});

function parsePort(text: string): { readonly host: string; readonly port: string; readonly inside: string } {
  const [, host, port, inside] = /^([\d.]+):(\d+):(\d+)$/.exec(text) ?? [];
  if (host === undefined || port === undefined) throw new Error(`"${text}" is not HOST:PORT:PORT`);
  return { host, port, inside: `${inside}/tcp` };
}

/** A length of time of the Compose specification, as compose.yaml writes it. */
export function secondsOf(text: string): number {
  const [, digits] = /^(\d+)s$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`"${text}" is not a number of seconds like 30s`);
  return Number(digits);
}
