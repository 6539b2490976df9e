import { LABELS, type InstallationId, type ProviderId, type WorkerSpec } from '@hodei/domain';

type Labels = Readonly<Record<string, string>>;

/** The labels of a worker that a provider makes. */
export function labelsFor(spec: WorkerSpec, providerId: ProviderId): Labels {
  return {
    ...spec.labels,
    [LABELS.managed]: 'true',
    [LABELS.installation]: spec.installationId,
    [LABELS.provider]: providerId,
    [LABELS.worker]: spec.workerId,
    [LABELS.expiresAt]: new Date(spec.expiresAt).toISOString(),
    ...(spec.jobId === undefined ? {} : { [LABELS.job]: spec.jobId }),
  };
}

/** True for what a provider made, in this installation where one is given. */
export const isOurs = (labels: Labels, providerId: ProviderId, installationId?: InstallationId): boolean =>
  labels[LABELS.managed] === 'true' &&
  labels[LABELS.provider] === providerId &&
  (installationId === undefined || labels[LABELS.installation] === installationId);
