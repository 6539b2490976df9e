import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseInstallationId, parseProviderId } from '@hodei/domain';
import { describeWorkerProvider, posixCommands } from '@hodei/testkit/conformance';
import { LocalProcessProvider, type LocalWorkers } from '../src/local-process-provider.ts';

describeWorkerProvider('LocalProcessProvider', async () => {
  const id = parseProviderId(randomUUID());
  const workers: LocalWorkers = new Map();
  const scratchDir = await mkdtemp(join(tmpdir(), 'hodei-'));
  return {
    installationId: parseInstallationId(randomUUID()),
    image: 'none',
    scratchDir,
    commands: posixCommands,
    createProvider: async () => new LocalProcessProvider(id, workers),
    close: () => rm(scratchDir, { recursive: true }),
  };
});
