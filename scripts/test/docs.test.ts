import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const find = (...patterns: string[]): string[] =>
  globSync(patterns, { cwd: ROOT, exclude: (name) => name === 'node_modules' || name === 'dist' });
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const PAGES = find('*.md', 'docs/**/*.md', 'examples/*/README.md');
/** Text without its blocks of code. */
const proseOf = (page: string): string => read(page).replaceAll(/^```[^]*?^```$/gm, '');
const spansOf = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
/** As the anchors of headings are made on GitHub. */
const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

it.each(PAGES)('%s names files and headings that exist', (page) => {
  const text = proseOf(page);
  const paths = spansOf(text).filter((span) =>
    /^(?:packages|apps|bench|scripts|docs|deploy|examples)\/[\w./*-]+$/.test(span),
  );
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(([, to = '', anchor]) => ({
    to: to === '' ? page : join(dirname(page), to),
    anchor,
  }));
  expect({
    paths: paths.filter((path) => find(path).length === 0),
    links: links.filter(({ to }) => !existsSync(join(ROOT, to))),
    anchors: links.filter(({ to, anchor }) => anchor !== undefined && !anchorsOf(to).includes(anchor)),
  }).toEqual({ paths: [], links: [], anchors: [] });
});

it('the glossary names what the code has', () => {
  const sources = find('{packages,apps,bench,scripts}/**/*.ts').map(read).join('\n');
  const words = new Set(sources.match(/\w+/g));
  const named = spansOf(read('docs/glossary.md')).filter((span) => /^[A-Za-z][\w.]*$/.test(span));
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter((name) => name.split('.').some((word) => !words.has(word)))).toEqual([]);
});
