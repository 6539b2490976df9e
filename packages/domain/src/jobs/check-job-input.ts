import { assertLaunchable } from '../launch/assert-launchable.ts';
import { HodeiError } from '../errors.ts';
import type { JobSpec } from './job.ts';
import type { JobInput } from './job-input.ts';
import { RESERVED_LABEL_PREFIX } from '../workers/labels.ts';
import { RESOURCE_NAMES, type Resources } from '../providers/resources.ts';
import { assertShellText } from '../launch/shell-quoting.ts';
import { formatTraceParent, parseTraceParent } from '../history/trace-parent.ts';
import { checkAdmission } from '../queues/check-admission.ts';

/** 30 days: no job may run longer, in milliseconds. */
export const MAX_TIMEOUT_MS = 30 * 24 * 3600 * 1000;
/** The most stdin a job may be given, in bytes. */
export const MAX_STDIN_BYTES = 16 * 1024 * 1024;

const IMAGE = /^[A-Za-z0-9][A-Za-z0-9._\-/:@]{0,511}$/;
const NETWORK = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const LABEL_KEY = /^[A-Za-z0-9][A-Za-z0-9_./-]{0,127}$/;

/**
 * Checks what a caller gave and fills in defaults. Pure.
 *
 * @returns the spec to store, and the secrets, which go another way.
 * @throws HodeiError `invalid_input` or `limit_exceeded`; `details.field` names the field, the message says
 * what was wrong and what would be right. No secret is in any message.
 */
export function checkJobInput(
  input: JobInput,
  defaultImage: string,
): { spec: JobSpec; secrets: Readonly<Record<string, string>> } {
  const command = checkCommand(input);
  const env = input.env ?? {};
  const secrets = input.secrets ?? {};
  const both = Object.keys(secrets).find((name) => Object.hasOwn(env, name));
  if (both !== undefined) refuse('secrets', `${both} is both in env and in secrets; give it once`);
  if (input.selfReport && ('HODEI_WORKER_TOKEN' in env || 'HODEI_WORKER_TOKEN' in secrets))
    refuse('selfReport', 'HODEI_WORKER_TOKEN is what a job that reports by itself is given; give it no other value');
  const { workdir } = input;
  assertLaunchable({ argv: command ?? [], env, secrets, ...(workdir === undefined ? {} : { workdir }) });
  const stdin = typeof input.stdin === 'string' ? new TextEncoder().encode(input.stdin) : input.stdin;
  if (stdin !== undefined && stdin.length > MAX_STDIN_BYTES) {
    throw new HodeiError(
      'limit_exceeded',
      `stdin takes ${stdin.length} bytes; at most ${MAX_STDIN_BYTES} are possible`,
      { details: { field: 'stdin' } },
    );
  }
  const image = pattern(
    'image',
    input.image ?? defaultImage,
    IMAGE,
    'a reference like "busybox" or "ghcr.io/team/tool:1.2"',
  );
  const network = pattern('network', input.network ?? 'none', NETWORK, '"none", "bridge" or the name of a network');
  const { timeoutMs, name, maxOutputBytes } = input;
  if (maxOutputBytes !== undefined) whole('maxOutputBytes', maxOutputBytes, 0, Number.MAX_SAFE_INTEGER);
  if (timeoutMs !== undefined) whole('timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS);
  if (name !== undefined && (name.length === 0 || name.length > 128)) refuse('name', 'a name has 1 to 128 characters');
  return {
    secrets,
    spec: {
      image,
      env,
      secretNames: Object.keys(secrets),
      resources: checkResources(input.resources ?? {}),
      network,
      requirements: input.requirements ?? {},
      retry: {
        maxAttempts: whole('retry.maxAttempts', input.retry?.maxAttempts ?? 1, 1, 100),
        backoffMs: whole('retry.backoffMs', input.retry?.backoffMs ?? 1000, 0, 24 * 3600 * 1000),
      },
      priority: whole('priority', input.priority ?? 0, -1000, 1000),
      ...checkAdmission(input),
      labels: checkLabels(input.labels ?? {}),
      ...(command === undefined ? {} : { command }),
      ...(workdir === undefined ? {} : { workdir }),
      ...(stdin === undefined ? {} : { stdin }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(maxOutputBytes === undefined ? {} : { maxOutputBytes }),
      ...(input.selfReport === true ? { selfReport: true } : {}),
      ...(name === undefined ? {} : { name }),
      ...(input.traceparent === undefined ? {} : { traceparent: checkTraceParent(input.traceparent) }),
    },
  };
}

function checkTraceParent(text: string): string {
  const parent = parseTraceParent(text);
  return parent === undefined
    ? refuse('traceparent', 'it is no traceparent of W3C Trace Context')
    : formatTraceParent(parent);
}

function checkCommand(input: JobInput): readonly string[] | undefined {
  const { command, script } = input;
  if (command !== undefined && script !== undefined) refuse('command', 'give either a command or a script, not both');
  if (script !== undefined) assertShellText(script, 'the script', { field: 'script' });
  if (script === '') refuse('script', 'the script is empty; give at least one command');
  if (command?.length === 0)
    refuse('command', 'the command is empty; give a program to run, or leave it out for what the image runs');
  return script === undefined ? command : ['/bin/sh', '-c', script];
}

function checkResources(resources: Resources): Resources {
  for (const name of RESOURCE_NAMES) {
    const value = resources[name];
    if (value === undefined) continue;
    const field = `resources.${name}`;
    if (name !== 'cpu') whole(field, value, name === 'gpu' ? 0 : 1, Number.MAX_SAFE_INTEGER);
    else if (!(Number.isFinite(value) && value > 0 && value <= 4096))
      refuse(field, `cpu ${value} must be more than 0 and at most 4096 cores`);
  }
  return resources;
}

function checkLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(labels);
  if (entries.length > 64) refuse('labels', `${entries.length} labels are too many; at most 64 are possible`);
  for (const [key, value] of entries) {
    pattern('labels', key, LABEL_KEY, 'a key of 1 to 128 of A-Z, a-z, 0-9, "_", ".", "/" and "-"');
    if (key.startsWith(RESERVED_LABEL_PREFIX))
      refuse('labels', `label ${key} is reserved; choose one that does not begin with "${RESERVED_LABEL_PREFIX}"`);
    if (value.length > 1024 || value.includes('\0'))
      refuse('labels', `the value of label ${key} is over 1024 characters or has a NUL byte`);
  }
  return labels;
}

function whole(field: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return refuse(field, `${field} ${value} must be a whole number from ${least} to ${most}`);
}

function pattern(field: string, value: string, allowed: RegExp, right: string): string {
  return allowed.test(value)
    ? value
    : refuse(field, `${field} "${value.slice(0, 100)}" is malformed; it must be ${right}`);
}

function refuse(field: string, message: string): never {
  throw new HodeiError('invalid_input', message, { details: { field } });
}
