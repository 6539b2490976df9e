// Fails when a module imports what it must not, and also when the check itself would not notice.
import { cruiseSources } from './boundaries/cruise-sources.ts';
import { listUnprovenRules } from './boundaries/planted-violations.ts';

const root = `${import.meta.dirname}/..`;

const { summary } = await cruiseSources(root, ['packages', 'apps', 'bench', 'examples', 'scripts']);
const problems = [
  ...summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  // With a TypeScript that it cannot use, dependency-cruiser finds no module, and no violation either.
  ...(summary.totalCruised > 0 ? [] : ['no module was cruised']),
  ...(await listUnprovenRules(root)),
];

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
} else {
  console.log(`boundaries hold: ${summary.totalCruised} modules, ${summary.totalDependenciesCruised ?? 0} imports`);
}
