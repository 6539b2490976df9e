import { access, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';
import { parse } from 'yaml';

import { SETTING_DOCS } from '../../apps/server/src/index.ts';
import { secondsOf } from '../compose/container-of.ts';
import { readCompose } from '../compose/read-compose.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8');

const FILES = ['Dockerfile', 'compose.yaml', 'deploy/docker/env.example', 'deploy/docker/healthcheck.mjs'];
const UNIT = ['deploy/systemd/hodei.service', 'deploy/systemd/hodei.env.example'];
const DOCS = ['README.md', 'docs/guides/operating.md', 'docs/http-api.md', 'docs/trouble.md'];
/** What compose.yaml reads itself, and what Hodei sets for jobs. */
const OTHERS = ['HODEI_PORT', 'HODEI_IMAGE', 'HODEI_BASE_IMAGE', 'HODEI_WORKER_TOKEN'];
/** What open requests get after the drain, and a margin. */
const BEYOND_DRAIN_S = 20;

const drainS = Number(SETTING_DOCS.find(({ name }) => name === 'HODEI_DRAIN_TIMEOUT_MS')?.default) / 1000;

it.each([...FILES, ...UNIT, ...DOCS])('%s names variables that exist', async (file) => {
  const known = new Set([
    ...SETTING_DOCS.flatMap(({ name, isSecret }) => (isSecret === true ? [name, `${name}_FILE`] : [name])),
    ...OTHERS,
  ]);
  const named = (await read(file)).match(/\bHODEI_[A-Z_]*[A-Z]\b/g) ?? [];
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

it('who stops a service gives it the time that it takes to drain', async () => {
  const { services } = await readCompose(join(ROOT, 'compose.yaml'), { POSTGRES_PASSWORD: 'x', DOCKER_GID: '1' });
  expect(secondsOf(services['server']?.stop_grace_period ?? '0s')).toBeGreaterThan(drainS + BEYOND_DRAIN_S);
  const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(await read('deploy/systemd/hodei.service')) ?? [];
  expect(Number(seconds)).toBeGreaterThan(drainS + BEYOND_DRAIN_S);
});

it('what the monitoring is given is there', async () => {
  const { services, volumes } = await readCompose(join(ROOT, 'deploy/docker/compose.monitoring.yaml'), {});
  const mounts = Object.values(services).flatMap((service) => service.volumes ?? []);
  expect(mounts.length).toBeGreaterThan(4);
  for (const [source = ''] of mounts.map((mount) => mount.split(':'))) {
    if (source.startsWith('./')) await access(join(ROOT, source));
    else expect(Object.keys(volumes)).toContain(source);
  }
  const { rule_files: rules } = parse(await read('deploy/prometheus/prometheus.yml')) as {
    rule_files: readonly string[];
  };
  for (const rule of rules) await access(join(ROOT, 'deploy/prometheus', rule));
});

it('what reads compose.yaml here drops nothing of it in silence', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'hodei-compose-'));
  const file = join(folder.path, 'compose.yaml');
  await writeFile(file, 'services: { a: { image: x, privileged: true } }');
  await expect(readCompose(file, {})).rejects.toThrow('service a has keys that this does not know: privileged');
  await writeFile(file, 'services: { a: { image: "${IMAGE:-y}" } }\nnetworks: { b: }');
  await expect(readCompose(file, {})).rejects.toThrow('the file has keys that this does not know: networks');
  await writeFile(file, 'services: { a: { image: "${IMAGE:-y}:${TAG:?say which}" } }');
  await expect(readCompose(file, {})).rejects.toThrow('TAG is missing: say which');
  expect((await readCompose(file, { TAG: '1', IMAGE: '' })).services['a']?.image).toBe('y:1');
});
