import { glob, readFile } from 'node:fs/promises';
import { boundaryRules } from './rules.ts';
import { cruiseSources } from './cruise-sources.ts';

export const PLANTED_FOLDER = 'scripts/fixtures/boundary-violations';

/** A planted file says in its first line which rule it breaks. */
const MARK = /^\/\/ violates: (\S+)/;

/** What is wrong with the check itself: planted violations that went unseen, and rules that nothing is planted for. */
export const listUnprovenRules = async (root: string): Promise<readonly string[]> => {
  const baseDir = `${root}/${PLANTED_FOLDER}`;
  const planted = await readMarks(baseDir);
  const { summary } = await cruiseSources(baseDir, ['packages', 'apps']);
  const caught = new Set(summary.violations.map(({ rule, from }) => `${rule.name} in ${from}`));
  const marked = new Set(planted.map(({ rule }) => rule));
  return [
    ...planted
      .map(({ rule, file }) => `${rule} in ${file}`)
      .filter((violation) => !caught.has(violation))
      .map((violation) => `not caught: ${violation}`),
    ...boundaryRules
      .map(({ name }) => name ?? '')
      .filter((name) => !marked.has(name))
      .map((name) => `nothing planted for: ${name}`),
  ];
};

const readMarks = async (folder: string): Promise<readonly { readonly rule: string; readonly file: string }[]> => {
  const marks = [];
  for await (const file of glob('**/*.ts', { cwd: folder })) {
    const rule = MARK.exec(await readFile(`${folder}/${file}`, 'utf8'))?.[1];
    if (rule !== undefined) {
      marks.push({ rule, file });
    }
  }
  return marks;
};
