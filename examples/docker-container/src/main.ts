import { randomBytes, randomUUID } from 'node:crypto';

import { parseInstallationId, parseProviderId, parseWorkerId } from '@hodei/domain';
import { DockerProviderBuilder } from '@hodei/infrastructure/docker';

await using provider = await new DockerProviderBuilder().withProviderId(parseProviderId(randomUUID())).build();

const image = { image: 'busybox', pullPolicy: 'if-not-present' } as const;
await provider.prepareImage(image);
const worker = await provider.createWorker({
  ...image,
  workerId: parseWorkerId(randomUUID()),
  installationId: parseInstallationId(randomUUID()),
  resources: { memoryBytes: 64 * 1024 * 1024 },
  network: 'none',
  labels: {},
  expiresAt: Date.now() + 60_000,
});
try {
  const nonce = randomBytes(16).toString('hex');
  const job = await provider.launch(worker, { nonce, argv: ['echo', 'hello'], env: {}, secrets: {} });
  for await (const { stream, bytes } of job.output) process[stream].write(bytes);
  console.log(await job.waitForExit());
} finally {
  await provider.destroyWorker(worker, { gracePeriodMs: 0 });
}
