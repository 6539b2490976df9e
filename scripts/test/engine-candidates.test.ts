import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listEngineCandidates } from '../engine/engine-candidates.ts';

describe('listEngineCandidates', () => {
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'hodei-home-'));
  });

  afterEach(() => {
    rmSync(home, { recursive: true });
  });

  const makeContext = (name: string, address: string): void => {
    const folder = join(home, '.docker/contexts/meta', createHash('sha256').update(name).digest('hex'));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'meta.json'), JSON.stringify({ Endpoints: { docker: { Host: address } } }));
  };

  it('takes DOCKER_HOST alone', () => {
    expect(listEngineCandidates({ DOCKER_HOST: 'tcp://engine', DOCKER_CONTEXT: 'other' }, home)).toEqual({
      named: true,
      addresses: ['tcp://engine'],
    });
  });

  it('takes the context in use', () => {
    makeContext('colima', 'unix:///colima.sock');
    writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ currentContext: 'colima' }));
    expect(listEngineCandidates({}, home)).toEqual({ named: true, addresses: ['unix:///colima.sock'] });
  });

  it('prefers DOCKER_CONTEXT to the context in use, and refuses one that does not exist', () => {
    makeContext('mine', 'tcp://mine');
    expect(listEngineCandidates({ DOCKER_CONTEXT: 'mine' }, home).addresses).toEqual(['tcp://mine']);
    expect(() => listEngineCandidates({ DOCKER_CONTEXT: 'gone' }, home)).toThrow('"gone" does not exist');
  });

  it('takes the context "default" for the usual sockets', () => {
    expect(listEngineCandidates({ DOCKER_CONTEXT: 'default' }, home).named).toBe(false);
  });

  it('lists a socket under the home folder', () => {
    mkdirSync(join(home, '.colima/default'), { recursive: true });
    writeFileSync(join(home, '.colima/default/docker.sock'), '');
    expect(listEngineCandidates({}, home).addresses).toContain(`unix://${join(home, '.colima/default/docker.sock')}`);
  });
});
