import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** As much of the Compose specification as compose.yaml uses. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
}

export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly group_add?: readonly string[];
  readonly healthcheck?: ComposeHealthcheck;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly stop_grace_period?: string;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly restart?: string;
  readonly build?: unknown;
}

export interface ComposeHealthcheck {
  readonly test: readonly string[];
  readonly interval: string;
  readonly timeout: string;
  readonly start_period?: string;
  readonly retries: number;
}

/** Every key that {@link ComposeService} has: another one would be dropped in silence. */
const KNOWN = new Set(
  (
    'image command environment volumes ports group_add healthcheck depends_on stop_grace_period read_only tmpfs cap_drop ' +
    'security_opt restart build'
  ).split(' '),
);

/**
 * Reads compose.yaml as `docker compose` does, with these variables.
 * @throws Error where one is missing that it demands, or where it has something that is not known here.
 */
export async function readCompose(file: string, variables: Readonly<Record<string, string>>): Promise<ComposeFile> {
  const { services, volumes, ...others } = interpolate(parse(await readFile(file, 'utf8')), variables) as ComposeFile;
  refuse('the file', Object.keys(others));
  for (const [name, service] of Object.entries(services))
    refuse(
      `service ${name}`,
      Object.keys(service).filter((key) => !KNOWN.has(key)),
    );
  return { services, volumes };
}

function refuse(where: string, keys: readonly string[]): void {
  if (keys.length > 0) throw new Error(`${where} has keys that this does not know: ${keys.join(', ')}`);
}

/** `${NAME:-default}` and `${NAME:?message}`, as the Compose specification has them; an empty value counts as none. */
function interpolate(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((each) => interpolate(each, variables));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, interpolate(each, variables)]));
  if (typeof value !== 'string') return value;
  return value.replaceAll(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name: string, kind: string, words: string) => {
    const given = variables[name] ?? '';
    if (given !== '') return given;
    if (kind === '-') return words;
    throw new Error(`${name} is missing: ${words}`);
  });
}
