import { describe, expect, it } from 'vitest';

import { socketFolder, type DataFolder } from '../../src/embedded-postgres/data-folder.ts';

const folderAt = (root: string): DataFolder => ({
  root,
  cluster: `${root}/cluster`,
  run: `${root}/run`,
  log: `${root}/postgres.log`,
  startLock: `${root}/start.lock`,
});

describe('socketFolder', () => {
  it('is in the data folder as long as the path of the socket fits', () => {
    const root = `/${'x'.repeat(84)}`; // with "/run/.s.PGSQL.5432": 103
    expect(socketFolder(folderAt(root))).toBe(`${root}/run`);
    expect(socketFolder(folderAt(`${root}x`))).not.toContain(root);
  });

  it('counts bytes, not characters', () => {
    expect(socketFolder(folderAt(`/${'ü'.repeat(45)}`))).not.toContain('ü');
  });

  it('is a short one else, always the same for one data folder', () => {
    const [a, b] = [folderAt(`/a${'x'.repeat(100)}`), folderAt(`/b${'x'.repeat(100)}`)];
    expect(socketFolder(a, '/var/tmp')).toMatch(/^\/var\/tmp\/hodei-[0-9a-f]{16}$/u);
    expect(socketFolder(a, '/var/tmp')).toBe(socketFolder(a, '/var/tmp'));
    expect(socketFolder(a, '/var/tmp')).not.toBe(socketFolder(b, '/var/tmp'));
    expect(socketFolder(a, `/${'t'.repeat(100)}`)).toMatch(/^\/tmp\/hodei-[0-9a-f]{16}$/u);
  });
});
