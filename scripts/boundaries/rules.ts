import type { IConfiguration } from 'dependency-cruiser';

type Rule = NonNullable<IConfiguration['forbidden']>[number];

const ADAPTERS = ['docker', 'postgres', 'embedded-postgres', 'system'];

/** Which module may import which. A planted violation of each rule stands under scripts/fixtures/boundary-violations. */
export const boundaryRules: readonly Rule[] = [
  {
    name: 'no-cycle',
    comment: 'Modules that import each other can be neither understood nor tested apart.',
    severity: 'error',
    // The parts of a simulated world are types of each other; nobody uses them one by one.
    from: { pathNot: '/test/simulation/' },
    to: { circular: true },
  },
  {
    name: 'resolvable',
    comment: 'What cannot be resolved cannot be checked either.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'domain-imports-nothing',
    comment: 'The domain runs anywhere: no library, no Node built-in, no other package.',
    severity: 'error',
    from: { path: '^packages/domain/src/' },
    to: { pathNot: '^packages/domain/src/' },
  },
  {
    name: 'client-imports-nothing',
    comment: 'Whoever talks to a server installs no part of one: fetch is enough.',
    severity: 'error',
    from: { path: '^packages/client/src/' },
    to: { pathNot: '^packages/client/src/' },
  },
  {
    name: 'application-imports-domain-only',
    comment: 'Behaviour is written against ports; the adapters come in from the composition root.',
    severity: 'error',
    from: { path: '^packages/application/src/' },
    to: { pathNot: '^packages/(application|domain)/src/' },
  },
  {
    name: 'testkit-imports-domain-only',
    comment: 'Whoever writes a provider needs the ports and the testkit, and nothing else.',
    severity: 'error',
    from: { path: '^packages/testkit/src/' },
    to: { path: '^(packages|apps)/', pathNot: '^packages/(testkit|domain)/src/' },
  },
  {
    name: 'testkit-uses-vitest-only-in-conformance',
    comment: 'The in-memory ones serve demos and simulations as well, outside of any test runner.',
    severity: 'error',
    from: { path: '^packages/testkit/src/', pathNot: '^packages/testkit/src/conformance/' },
    to: { path: 'node_modules/' },
  },
  {
    name: 'conformance-uses-no-other-library',
    comment: 'The testkit asks for no other peer than vitest.',
    severity: 'error',
    from: { path: '^packages/testkit/src/conformance/' },
    to: { path: 'node_modules/', pathNot: 'node_modules/vitest/' },
  },
  {
    name: 'infrastructure-imports-domain-only',
    comment: 'An adapter translates between a port and a library. It knows no behaviour.',
    severity: 'error',
    from: { path: '^packages/infrastructure/src/' },
    to: { path: '^(packages|apps)/', pathNot: '^packages/(infrastructure|domain)/src/|node_modules/' },
  },
  ...ADAPTERS.map((adapter) => ({
    name: `adapter-apart-${adapter}`,
    comment: 'Whoever installs one adapter need not install the library of another.',
    severity: 'error' as const,
    from: { path: `^packages/infrastructure/src/${adapter}/` },
    to: { path: '^packages/infrastructure/src/', pathNot: `^packages/infrastructure/src/${adapter}/` },
  })),
  {
    name: 'nobody-imports-apps',
    comment: 'Apps are where everything is put together.',
    severity: 'error',
    from: { path: '^packages/' },
    to: { path: '^apps/' },
  },
  {
    name: 'server-does-not-import-cli',
    comment: 'Of the apps, only the CLI builds on another one, the server.',
    severity: 'error',
    from: { path: '^apps/', pathNot: '^apps/cli/' },
    to: { path: '^apps/cli/' },
  },
  {
    name: 'packages-meet-by-name',
    comment: 'A relative path into another package goes around its exports, and breaks once it is installed.',
    severity: 'error',
    from: { path: '^((?:packages|apps|examples)/[^/]+)/' },
    to: { path: '^(packages|apps)/[^/]+/', pathNot: '^$1/', dependencyTypes: ['local'] },
  },
  onlyUnder('docker-only-in-its-adapter', ['dockerode', 'docker-modem'], '^packages/infrastructure/src/docker/'),
  onlyUnder('postgres-only-in-its-adapter', ['pg', 'kysely'], '^packages/infrastructure/src/postgres/'),
  onlyUnder('container-only-in-apps', ['tsyringe', 'reflect-metadata'], '^apps/'),
];

/** A library that belongs to one place. Tests may use it anywhere: they look behind the port. */
function onlyUnder(name: string, libraries: readonly string[], place: string): Rule {
  return {
    name,
    comment: `The types of ${libraries.join(' and ')} must not leave the place that knows them.`,
    severity: 'error',
    from: { path: '^(packages|apps)/[^/]+/src/', pathNot: place },
    to: { path: libraries.map((library) => `^${library}(/|$)|node_modules/(@types/)?${library}/`) },
  };
}
