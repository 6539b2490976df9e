import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fulfils,
  RESOURCE_NAMES,
  shortfall,
  type Demand,
  type ProviderCapabilities,
  type ResourceName,
} from '../../src/index.ts';

const WORDS = ['a', 'b', 'c'] as const;
const anyWords = fc.uniqueArray(fc.constantFrom(...WORDS));
const anyLabels = fc.dictionary(fc.constantFrom(...WORDS), fc.constantFrom('1', '2'));
const anyAmounts = fc.record(Object.fromEntries(RESOURCE_NAMES.map((name) => [name, fc.nat(4)])), { requiredKeys: [] });

const anyCapabilities: fc.Arbitrary<ProviderCapabilities> = fc
  .record({
    maxResources: anyAmounts,
    minResources: anyAmounts,
    enforcedLimits: fc.subarray([...RESOURCE_NAMES]),
    gpuTypes: anyWords,
    architectures: anyWords,
    runtimes: anyWords,
    regions: anyWords,
    maxExecutionMs: fc.option(fc.nat(4), { nil: undefined }),
    persistentStorage: fc.boolean(),
    customNetworking: fc.boolean(),
    features: anyWords,
    labels: anyLabels,
  })
  .map(({ maxExecutionMs, ...rest }) => ({
    ...rest,
    ...(maxExecutionMs === undefined ? {} : { maxExecutionMs }),
    launchModes: ['order'],
    watch: true,
    retainedLogs: true,
    recovery: true,
    reuse: true,
    sharedNetwork: true,
  }));

const NOTHING: Demand = { resources: {}, requirements: {}, network: 'none' };

/** A demand for one single thing, and whether these capabilities have it: said once more, in other words. */
const anySingleDemand: fc.Arbitrary<readonly [Demand, (capabilities: ProviderCapabilities) => boolean]> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...RESOURCE_NAMES), fc.nat(5))
    .map(
      ([name, amount]) =>
        [
          { ...NOTHING, resources: { [name]: amount } },
          (capabilities: ProviderCapabilities) => hasResource(capabilities, name, amount),
        ] as const,
    ),
  fc
    .constantFrom(...WORDS)
    .map(
      (architecture) =>
        [
          { ...NOTHING, requirements: { architecture } },
          ({ architectures }: ProviderCapabilities) => architectures.includes(architecture),
        ] as const,
    ),
  fc
    .constantFrom(...WORDS)
    .map(
      (gpuType) =>
        [
          { ...NOTHING, requirements: { gpuType } },
          ({ gpuTypes }: ProviderCapabilities) => gpuTypes.includes(gpuType),
        ] as const,
    ),
  fc
    .constantFrom(...WORDS)
    .map(
      (runtime) =>
        [
          { ...NOTHING, requirements: { runtime } },
          ({ runtimes }: ProviderCapabilities) => runtimes.includes(runtime),
        ] as const,
    ),
  anyWords.map(
    (wanted) =>
      [
        { ...NOTHING, requirements: { capabilities: wanted } },
        ({ features }: ProviderCapabilities) => wanted.every((word) => features.includes(word)),
      ] as const,
  ),
  anyWords.map(
    (wanted) =>
      [
        { ...NOTHING, requirements: { regions: wanted } },
        ({ regions }: ProviderCapabilities) => wanted.length === 0 || wanted.some((word) => regions.includes(word)),
      ] as const,
  ),
  anyLabels.map(
    (wanted) =>
      [
        { ...NOTHING, requirements: { labels: wanted } },
        ({ labels }: ProviderCapabilities) => Object.entries(wanted).every(([key, value]) => labels[key] === value),
      ] as const,
  ),
  fc
    .constantFrom('none', 'bridge')
    .map(
      (network) =>
        [
          { ...NOTHING, network },
          ({ customNetworking }: ProviderCapabilities) => network === 'none' || customNetworking,
        ] as const,
    ),
  fc
    .nat(5)
    .map(
      (timeoutMs) =>
        [
          { ...NOTHING, timeoutMs },
          ({ maxExecutionMs = Infinity }: ProviderCapabilities) => timeoutMs <= maxExecutionMs,
        ] as const,
    ),
);

const hasResource = (capabilities: ProviderCapabilities, name: ResourceName, amount: number): boolean =>
  (name === 'gpu' && amount === 0) ||
  (capabilities.enforcedLimits.includes(name) &&
    amount <= (capabilities.maxResources[name] ?? Infinity) &&
    amount >= (capabilities.minResources[name] ?? 0));

const both = (one: Demand, other: Demand): Demand => ({
  resources: { ...one.resources, ...other.resources },
  requirements: { ...one.requirements, ...other.requirements },
  network: other.network === 'none' ? one.network : other.network,
  ...(one.timeoutMs === undefined ? {} : { timeoutMs: one.timeoutMs }),
  ...(other.timeoutMs === undefined ? {} : { timeoutMs: other.timeoutMs }),
});

const keysOf = ({ resources, requirements, network, timeoutMs }: Demand): readonly string[] => [
  ...Object.keys(resources),
  ...Object.keys(requirements),
  ...(network === 'none' ? [] : ['network']),
  ...(timeoutMs === undefined ? [] : ['timeoutMs']),
];

describe('fulfils', () => {
  test('knows of each single demand whether it is met', () => {
    fc.assert(
      fc.property(anyCapabilities, anySingleDemand, (capabilities, [demand, isMet]) => {
        expect(fulfils(capabilities, demand)).toBe(isMet(capabilities));
      }),
      { numRuns: 3000 },
    );
  });

  test('means all of it: two demands are met together just where each is met', () => {
    fc.assert(
      fc.property(anyCapabilities, anySingleDemand, anySingleDemand, (capabilities, [one], [other]) => {
        // Where both ask for the same thing, the second one stands in for the first.
        fc.pre(keysOf(one).every((key) => !keysOf(other).includes(key)));
        expect(fulfils(capabilities, both(one, other))).toBe(
          fulfils(capabilities, one) && fulfils(capabilities, other),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test('is met by anyone where nothing is asked for', () => {
    fc.assert(
      fc.property(anyCapabilities, (capabilities) => {
        expect(shortfall(capabilities, NOTHING)).toEqual([]);
      }),
    );
  });

  test('says in one sentence each what is missing', () => {
    fc.assert(
      fc.property(anyCapabilities, anySingleDemand, (capabilities, [demand]) => {
        const missing = shortfall(capabilities, demand);
        expect(missing.length === 0).toBe(fulfils(capabilities, demand));
        for (const sentence of missing) expect(sentence).not.toContain('undefined');
      }),
    );
  });

  test('takes inherited names of objects for no labels', () => {
    const [capabilities] = fc.sample(anyCapabilities, 1);
    if (capabilities === undefined) throw new Error('no sample');
    expect(fulfils(capabilities, { ...NOTHING, requirements: { labels: { constructor: 'Object' } } })).toBe(false);
  });
});
