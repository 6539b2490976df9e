import { workerName } from '@hodei/domain';
import { describeWorkerProvider, posixCommands } from '@hodei/testkit/conformance';

import { IMAGES, openTestDocker } from './support/test-docker.ts';

describeWorkerProvider('DockerProvider', async () => {
  const test = await openTestDocker();
  return {
    installationId: test.installationId,
    image: IMAGES.busybox,
    commands: posixCommands,
    missingImage: 'hodei-test-no-such-image:1',
    shellless: { image: IMAGES.noShell, argv: ['/bin/echo', 'no shell'], text: 'no shell\n' },
    createProvider: () => test.provider(),
    createForgetful: () => test.provider({ log: { driver: 'local', maxFileBytes: 128 * 1024, maxFiles: 2 } }),
    createForeign: async (workerId) => {
      const container = await test.foreign({ name: workerName(workerId) });
      return {
        resourceId: container.id,
        exists: async () => (await container.inspect()).Id === container.id,
        remove: () => container.remove({ force: true }),
      };
    },
    inspectText: async ({ resourceId }) => JSON.stringify(await test.docker.getContainer(resourceId).inspect()),
    close: async () => {
      await (await test.provider({ sharedNetworkIdleMs: 0 })).pruneSharedNetworks(test.installationId);
      await test.close();
    },
  };
});
