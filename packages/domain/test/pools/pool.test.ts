import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkJobInput, checkPoolInput, fitsTemplate, type PoolInput, type PoolTemplate } from '../../src/index.ts';

const pool = (given: Partial<PoolInput> = {}): PoolInput => ({
  name: 'warm',
  template: { image: 'busybox' },
  ...given,
});
const template = (given: Partial<PoolTemplate> = {}): PoolTemplate =>
  checkPoolInput(pool({ template: { image: 'busybox', ...given } })).template;
const job = (given: Parameters<typeof checkJobInput>[0] = {}) =>
  checkJobInput({ image: 'busybox', command: ['true'], ...given }, 'default').spec;

describe('a pool that is asked for', () => {
  it('has defaults that hold together', () => {
    expect(checkPoolInput(pool())).toEqual({
      name: 'warm',
      template: { image: 'busybox', resources: {}, network: 'none', labels: {} },
      minIdle: 1,
      maxIdle: 1,
      maxWorkers: 4,
      idleTtlMs: 600_000,
      maxJobsPerWorker: 1,
      policy: 'fixed',
    });
    expect(checkPoolInput(pool({ policy: 'auto', minIdle: 3 }))).toMatchObject({ maxIdle: 6, maxWorkers: 24 });
    expect(checkPoolInput(pool({ minIdle: 0 }))).toMatchObject({ minIdle: 0, maxIdle: 0, maxWorkers: 1 });
  });

  it.each<[string, Partial<PoolInput>]>([
    ['name', { name: 'No Good' }],
    ['policy', { policy: 'greedy' as 'auto' }],
    ['minIdle', { minIdle: -1 }],
    ['minIdle', { minIdle: 1.5 }],
    ['maxIdle', { minIdle: 3, maxIdle: 2 }],
    ['maxWorkers', { maxIdle: 5, maxWorkers: 4 }],
    ['idleTtlMs', { idleTtlMs: 1 }],
    ['maxJobsPerWorker', { maxJobsPerWorker: 0 }],
    ['template.image', { template: { image: '' } }],
    ['template.labels', { template: { image: 'a', labels: { 'hodei.job': 'x' } } }],
    ['template.resources.cpu', { template: { image: 'a', resources: { cpu: -1 } } }],
    ['template.shareNetwork', { template: { image: 'a', network: 'bridge', shareNetwork: true } }],
  ])('is refused with its field: %s', (field, given) => {
    expect(() => checkPoolInput(pool(given))).toThrow(
      expect.objectContaining({ code: 'invalid_input', details: { field } }),
    );
  });
});

describe('a job fits a template', () => {
  it('where it asks for just this', () => {
    expect(fitsTemplate(template(), job())).toBe(true);
    expect(fitsTemplate(template({ resources: { gpu: 0 } }), job())).toBe(true);
    expect(fitsTemplate(template({ labels: { team: 'a' } }), job({ labels: { team: 'a', more: 'b' } }))).toBe(true);
    expect(fitsTemplate(template(), job({ tenant: 'anybody' }))).toBe(true);
    expect(fitsTemplate(template({ tenant: 't', shareNetwork: true }), job({ tenant: 't' }))).toBe(true);
    expect(fitsTemplate(template({ shareNetwork: true }), job())).toBe(true);
  });

  it.each([
    ['busybox', 'busybox:latest'],
    ['localhost:5000/team/tool:latest', 'localhost:5000/team/tool'],
  ])('where its image is the same by another name: %s, %s', (one, other) => {
    expect(fitsTemplate(template({ image: one }), job({ image: other }))).toBe(true);
  });

  it.each<[string, Partial<PoolTemplate>, Parameters<typeof checkJobInput>[0]]>([
    ['image', {}, { image: 'other' }],
    ["image's tag", {}, { image: 'busybox:1' }],
    ["image's digest", {}, { image: `busybox@sha256:${'0'.repeat(64)}` }],
    ["image's registry", { image: 'a:5000/tool' }, { image: 'a:5000' }],
    ['network', {}, { network: 'bridge' }],
    ['resources, more', { resources: { cpu: 1 } }, { resources: { cpu: 2 } }],
    ['resources, less', { resources: { cpu: 2 } }, { resources: { cpu: 1 } }],
    ['resources, none', { resources: { memoryBytes: 1e8 } }, {}],
    ['architecture', {}, { requirements: { architecture: 'arm64' } }],
    ['architecture, other', { architecture: 'arm64' }, {}],
    ['labels', { labels: { team: 'a' } }, { labels: { team: 'b' } }],
    ['labels, none', { labels: { team: 'a' } }, {}],
    ['tenant', { tenant: 't' }, {}],
    ['tenant, in a shared network', { shareNetwork: true }, { tenant: 't' }],
  ])('and not where its %s differ', (_, given, input) => {
    expect(fitsTemplate(template(given), job(input))).toBe(false);
  });

  it('whatever it runs and carries beside', () => {
    const anything = fc.record({
      command: fc.array(fc.stringMatching(/^[a-z]+$/), { minLength: 1, maxLength: 3 }),
      env: fc.dictionary(fc.stringMatching(/^[A-Z]+$/), fc.stringMatching(/^[a-z]*$/)),
      priority: fc.integer({ min: -10, max: 10 }),
      timeoutMs: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(anything, (input) => fitsTemplate(template(), job(input))),
      { numRuns: 50 },
    );
  });
});
