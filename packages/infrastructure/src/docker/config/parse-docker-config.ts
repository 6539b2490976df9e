import { HodeiError, type Resources } from '@hodei/domain';

import { parseDockerHost } from '../connection/parse-docker-host.ts';
import {
  DEFAULT_DOCKER_CONFIG,
  type DockerConfig,
  type DockerConnectionConfig,
  type DockerHardening,
  type DockerMount,
  type RegistryCredentials,
} from './docker-config.ts';
import { parseDiskBounds } from './parse-disk-bounds.ts';
import { SettingsReader } from './settings-reader.ts';

const DEFAULTS = DEFAULT_DOCKER_CONFIG;
const MAX_WAIT_MS = 24 * 3600 * 1000;

/**
 * Reads the settings of a provider of type `docker`. What is absent takes its value from
 * {@link DEFAULT_DOCKER_CONFIG}; an unknown field is refused.
 *
 * Settings are kept in the open, so they name the environment variable that holds a registry's password
 * (`passwordEnv`, `identityTokenEnv`) and never the password.
 *
 * @throws HodeiError `config_invalid`; `details.field` is the whole path of the field.
 */
export function parseDockerConfig(settings: unknown, env: NodeJS.ProcessEnv = process.env): DockerConfig {
  const read = new SettingsReader(settings, '');
  const connection = parseConnection(read);
  const allowedNetworks = read.texts('allowedNetworks');
  const cost = read.object('costPerHour');
  const maxExecutionMs = read.count('maxExecutionMs', 1);
  const pull = read.object('pull');
  const log = read.object('log');
  const health = read.object('health');
  const config: DockerConfig = {
    ...(connection === undefined ? {} : { connection }),
    defaultResources: parseResources(read.object('defaultResources')),
    ...(allowedNetworks === undefined ? {} : { allowedNetworks }),
    registryAuth: parseRegistryAuth(read.object('registryAuth'), env),
    pull: { stallTimeoutMs: pull?.count('stallTimeoutMs', 1, MAX_WAIT_MS) ?? DEFAULTS.pull.stallTimeoutMs },
    hardening: parseHardening(read.object('hardening')),
    sharedNetworkIdleMs: read.count('sharedNetworkIdleMs', 0) ?? DEFAULTS.sharedNetworkIdleMs,
    gpu: read.flag('gpu') ?? DEFAULTS.gpu,
    log: {
      driver: log?.oneOf('driver', ['json-file', 'local']) ?? DEFAULTS.log.driver,
      maxFileBytes: log?.count('maxFileBytes', 64 * 1024) ?? DEFAULTS.log.maxFileBytes,
      maxFiles: log?.count('maxFiles', 1, 1000) ?? DEFAULTS.log.maxFiles,
    },
    callTimeoutMs: read.count('callTimeoutMs', 1, MAX_WAIT_MS) ?? DEFAULTS.callTimeoutMs,
    health: {
      timeoutMs: health?.count('timeoutMs', 1, MAX_WAIT_MS) ?? DEFAULTS.health.timeoutMs,
      slowAfterMs: health?.count('slowAfterMs', 1, MAX_WAIT_MS) ?? DEFAULTS.health.slowAfterMs,
      minFreeDiskBytes: health?.count('minFreeDiskBytes', 0) ?? DEFAULTS.health.minFreeDiskBytes,
      maxRunningContainers: health?.count('maxRunningContainers', 1) ?? DEFAULTS.health.maxRunningContainers,
    },
    disk: parseDiskBounds(read.object('disk')),
    ...(cost === undefined
      ? {}
      : {
          costPerHour: {
            perWorker: cost.amount('perWorker') ?? 0,
            perCpu: cost.amount('perCpu') ?? 0,
            perMemoryGib: cost.amount('perMemoryGib') ?? 0,
          },
        }),
    ...(maxExecutionMs === undefined ? {} : { maxExecutionMs }),
    labels: read.dictionary('labels') ?? DEFAULTS.labels,
    regions: read.texts('regions') ?? DEFAULTS.regions,
  };
  for (const each of [read, cost, pull, log, health]) each?.end();
  return config;
}

/** Either `{context}`, or `{host}` as in DOCKER_HOST, with `tls` or `privateKeyFile` where they fit. */
function parseConnection(read: SettingsReader): DockerConnectionConfig | undefined {
  const object = read.object('connection');
  if (object === undefined) return undefined;
  const context = object.text('context');
  const host = object.text('host');
  const privateKeyFile = object.text('privateKeyFile');
  const tlsObject = object.object('tls');
  object.end();
  if ((context === undefined) === (host === undefined))
    object.refuse('host', 'or context must be there, and only one of them');
  if (context !== undefined) {
    if (tlsObject !== undefined || privateKeyFile !== undefined)
      object.refuse('context', 'has its own TLS files and keys; leave the others out');
    return { kind: 'context', name: context };
  }
  const endpoint = parseDockerHost(host ?? '', object.pathOf('host'));
  if (tlsObject !== undefined && endpoint.kind !== 'tcp')
    object.refuse('tls', 'goes with a host that begins with tcp://');
  if (privateKeyFile !== undefined && endpoint.kind !== 'ssh')
    object.refuse('privateKeyFile', 'goes with a host that begins with ssh://');
  if (endpoint.kind === 'ssh') return { ...endpoint, ...(privateKeyFile === undefined ? {} : { privateKeyFile }) };
  if (endpoint.kind !== 'tcp' || tlsObject === undefined) return endpoint;
  const [caFile, certFile, keyFile] = [tlsObject.text('caFile'), tlsObject.text('certFile'), tlsObject.text('keyFile')];
  if ((certFile === undefined) !== (keyFile === undefined))
    tlsObject.refuse('certFile', 'and keyFile go together; give both or none');
  tlsObject.end();
  const tls = {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certFile === undefined || keyFile === undefined ? {} : { certFile, keyFile }),
  };
  return { ...endpoint, tls };
}

function parseResources(read: SettingsReader | undefined): Resources {
  if (read === undefined) return DEFAULTS.defaultResources;
  const cpu = read.amount('cpu');
  if (cpu === 0) read.refuse('cpu', 'must be more than 0');
  const given = {
    cpu,
    memoryBytes: read.count('memoryBytes', 1),
    pids: read.count('pids', 1),
    diskBytes: read.count('diskBytes', 1),
    gpu: read.count('gpu', 0),
  };
  read.end();
  return {
    ...DEFAULTS.defaultResources,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

function parseHardening(read: SettingsReader | undefined): DockerHardening {
  if (read === undefined) return DEFAULTS.hardening;
  const user = read.text('user');
  const seccompProfile = read.text('seccompProfile');
  const runtime = read.text('runtime');
  const mounts = read
    .list('mounts')
    ?.map((mount, index) => parseMount(new SettingsReader(mount, `${read.pathOf('mounts')}[${index}]`)));
  const hardening: DockerHardening = {
    readOnlyRootfs: read.flag('readOnlyRootfs') ?? DEFAULTS.hardening.readOnlyRootfs,
    capAdd: read.texts('capAdd') ?? DEFAULTS.hardening.capAdd,
    noNewPrivileges: read.flag('noNewPrivileges') ?? DEFAULTS.hardening.noNewPrivileges,
    ...(user === undefined ? {} : { user }),
    ...(seccompProfile === undefined ? {} : { seccompProfile }),
    ...(runtime === undefined ? {} : { runtime }),
    mounts: mounts ?? DEFAULTS.hardening.mounts,
  };
  read.end();
  return hardening;
}

function parseMount(read: SettingsReader): DockerMount {
  const type =
    read.oneOf('type', ['bind', 'volume', 'tmpfs']) ?? read.refuse('type', 'must be one of bind, volume, tmpfs');
  const source = read.text('source');
  const target = read.text('target') ?? read.refuse('target', 'must be there: an absolute path in the worker');
  if (!target.startsWith('/')) read.refuse('target', `"${target}" must begin with "/"`);
  if ((type === 'tmpfs') !== (source === undefined))
    read.refuse('source', 'must be there for bind and volume, and not for tmpfs');
  if (type === 'bind' && source?.startsWith('/') === false) read.refuse('source', `"${source}" must begin with "/"`);
  const readOnly = read.flag('readOnly') ?? type !== 'tmpfs';
  read.end();
  return { type, target, readOnly, ...(source === undefined ? {} : { source }) };
}

function parseRegistryAuth(
  read: SettingsReader | undefined,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, RegistryCredentials>> {
  if (read === undefined) return DEFAULTS.registryAuth;
  return Object.fromEntries(
    read.names().map((registry) => {
      const entry = read.object(registry);
      if (entry === undefined) return read.refuse(registry, 'must be an object');
      return [registry, parseCredentials(entry, env)];
    }),
  );
}

function parseCredentials(read: SettingsReader, env: NodeJS.ProcessEnv): RegistryCredentials {
  for (const secret of ['password', 'identityToken']) {
    if (read.has(secret))
      read.refuse(
        secret,
        `can't be here, because settings are kept in the open; put it in an environment variable and name that as ${secret}Env`,
      );
  }
  const username = read.text('username');
  const passwordEnv = read.text('passwordEnv');
  const identityTokenEnv = read.text('identityTokenEnv');
  read.end();
  if (identityTokenEnv !== undefined && username === undefined && passwordEnv === undefined) {
    return { identityToken: secretOf(identityTokenEnv, read.pathOf('identityTokenEnv'), env) };
  }
  if (username === undefined || passwordEnv === undefined || identityTokenEnv !== undefined) {
    return read.refuse('username', 'and passwordEnv must be there together, or identityTokenEnv alone');
  }
  return { username, password: secretOf(passwordEnv, read.pathOf('passwordEnv'), env) };
}

function secretOf(name: string, path: string, env: NodeJS.ProcessEnv): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new HodeiError('config_invalid', `${path} names the environment variable ${name}, which is not set`, {
    details: { field: path },
  });
}
