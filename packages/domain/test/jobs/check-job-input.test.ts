import { describe, expect, test } from 'vitest';
import { checkJobInput, isHodeiError, MAX_STDIN_BYTES, MAX_TIMEOUT_MS, type JobInput } from '../../src/index.ts';

const check = (input: JobInput) => checkJobInput(input, 'busybox');

const refusal = (input: JobInput): { code: string; field: unknown; message: string } => {
  try {
    check(input);
  } catch (error) {
    if (isHodeiError(error)) return { code: error.code, field: error.details['field'], message: error.message };
    throw error;
  }
  throw new Error(`${JSON.stringify(input)} was taken`);
};

/** A field, what is wrong in it, and what it is refused with where that is not `invalid_input`. */
const BAD: readonly (readonly [field: string, input: JobInput, code?: string])[] = [
  ['command', { command: [] }],
  ['command', { command: [''] }],
  ['command', { command: ['a\0b'] }],
  ['command', { command: ['echo', '\ud83d'] }],
  ['command', { command: ['true'], script: 'true' }],
  ['command', { command: ['echo', 'x'.repeat(131_072)] }, 'limit_exceeded'],
  ['script', { script: '' }],
  ['script', { script: 'echo \0' }],
  ['env', { env: { '': 'x' } }],
  ['env', { env: { 'A=B': 'x' } }],
  ['env', { env: { A: '\0' } }],
  ['env', { env: { A: 'x'.repeat(1024 * 1024) } }, 'limit_exceeded'],
  ['secrets', { secrets: { A: 's3cret\0' } }],
  ['secrets', { secrets: { 'A=s3cret': 'x' } }],
  ['secrets', { env: { A: 'x' }, secrets: { A: 's3cret' } }],
  ['secrets', { secrets: { A: `s3cret${'x'.repeat(200_000)}` } }, 'limit_exceeded'],
  ['workdir', { workdir: 'tmp' }],
  ['workdir', { workdir: '' }],
  ['workdir', { workdir: '/\0' }],
  ['stdin', { stdin: new Uint8Array(MAX_STDIN_BYTES + 1) }, 'limit_exceeded'],
  ['image', { image: '' }],
  ['image', { image: '--privileged' }],
  ['image', { image: 'busy box' }],
  ['image', { image: 'a\nb' }],
  ['network', { network: '' }],
  ['network', { network: 'container:other' }],
  ['network', { network: '-x' }],
  ['timeoutMs', { timeoutMs: 0 }],
  ['timeoutMs', { timeoutMs: -1 }],
  ['timeoutMs', { timeoutMs: 1.5 }],
  ['timeoutMs', { timeoutMs: Number.NaN }],
  ['timeoutMs', { timeoutMs: MAX_TIMEOUT_MS + 1 }],
  ['name', { name: '' }],
  ['name', { name: 'x'.repeat(129) }],
  ['priority', { priority: 1001 }],
  ['priority', { priority: Infinity }],
  ['retry.maxAttempts', { retry: { maxAttempts: 0 } }],
  ['retry.maxAttempts', { retry: { maxAttempts: 101 } }],
  ['retry.backoffMs', { retry: { backoffMs: -1 } }],
  ['resources.cpu', { resources: { cpu: 0 } }],
  ['resources.cpu', { resources: { cpu: -1 } }],
  ['resources.cpu', { resources: { cpu: Number.NaN } }],
  ['resources.cpu', { resources: { cpu: 1e9 } }],
  ['resources.memoryBytes', { resources: { memoryBytes: -1 } }],
  ['resources.memoryBytes', { resources: { memoryBytes: 1.5 } }],
  ['resources.pids', { resources: { pids: 0 } }],
  ['resources.diskBytes', { resources: { diskBytes: 1e300 } }],
  ['resources.gpu', { resources: { gpu: -1 } }],
  ['labels', { labels: { 'hodei.job': 'x' } }],
  ['labels', { labels: { '': 'x' } }],
  ['labels', { labels: { 'a b': 'x' } }],
  ['labels', { labels: { a: '\0' } }],
  ['labels', { labels: { a: 'x'.repeat(1025) } }],
  ['queue', { queue: '' }],
  ['queue', { queue: 'a b' }],
  ['tenant', { tenant: '' }],
  ['concurrencyKey', { concurrencyKey: '*' }],
  ['notBefore', { notBefore: 1.5 }],
  ['notBefore', { notBefore: Date.UTC(10_000, 0, 1) }],
  ['waitTimeoutMs', { waitTimeoutMs: 0 }],
  ['labels', { labels: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, 'x'])) }],
];

describe('checkJobInput', () => {
  test.for(
    BAD.map(([field, input, code = 'invalid_input'], index) => [`${index} ${field}`, { field, input, code }] as const),
  )('refuses what is wrong, names the field and shows no secret: %s', ([, { field, input, code }]) => {
    const refused = refusal(input);
    expect({ code: refused.code, field: refused.field }).toEqual({ code, field });
    expect(refused.message).not.toContain('s3cret');
    expect(refused.message.length).toBeGreaterThan(10);
    expect(refused.message.length).toBeLessThan(400);
  });

  test('takes an empty input, and fills in what is left out', () => {
    expect(check({})).toEqual({
      secrets: {},
      spec: {
        image: 'busybox',
        env: {},
        secretNames: [],
        resources: {},
        network: 'none',
        requirements: {},
        retry: { maxAttempts: 1, backoffMs: 1000 },
        priority: 0,
        queue: 'default',
        labels: {},
      },
    });
  });

  test('keeps the values of secrets apart from the spec', () => {
    const { spec, secrets } = check({ command: ['true'], secrets: { TOKEN: 's3cret' } });
    expect(secrets).toEqual({ TOKEN: 's3cret' });
    expect(spec.secretNames).toEqual(['TOKEN']);
    expect(JSON.stringify(spec)).not.toContain('s3cret');
  });

  test('runs a script by the shell of the image', () => {
    expect(check({ script: 'echo $HOME\nexit 3' }).spec.command).toEqual(['/bin/sh', '-c', 'echo $HOME\nexit 3']);
  });

  test('takes stdin as text or as bytes', () => {
    expect(check({ stdin: 'é' }).spec.stdin).toEqual(Uint8Array.from([0xc3, 0xa9]));
    expect(check({ stdin: Uint8Array.from([0, 255]) }).spec.stdin).toEqual(Uint8Array.from([0, 255]));
  });

  test.for(['busybox', 'busybox:1.36', 'ghcr.io/team/tool:1.2', 'host:5000/a/b@sha256:0123', 'UPPER/case'])(
    'takes image %s',
    (image) => {
      expect(check({ image }).spec.image).toBe(image);
    },
  );

  test('takes everything that is right, as it is', () => {
    const input: JobInput = {
      image: 'busybox',
      command: ['echo', ''],
      env: { 'my.var': '' },
      workdir: '/a b',
      resources: { cpu: 0.5, memoryBytes: 1, pids: 1, diskBytes: 1, gpu: 0 },
      network: 'bridge',
      timeoutMs: 1,
      retry: { maxAttempts: 100, backoffMs: 0 },
      priority: -1000,
      labels: { 'a/b.c-d_e': '' },
      requirements: { architecture: 'arm64' },
      name: 'x',
      queue: 'a.b-c_d',
      tenant: 'team:a/b@c',
      concurrencyKey: 'repo/1',
      notBefore: 0,
      waitTimeoutMs: 1,
    };
    expect(check(input).spec).toEqual({ ...input, secretNames: [] });
  });
});
