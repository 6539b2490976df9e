import type { JobSpec } from '../jobs/job.ts';
import type { PoolTemplate } from './pool.ts';
import { RESOURCE_NAMES, type Resources } from '../providers/resources.ts';

/**
 * Whether a worker made from the template is what the job asks for. Pure. Image, resources, network and
 * architecture have to be the same: more than was asked for is not what was asked for. The job must carry the template's
 * labels and be its tenant's. Whether the worker's provider fulfils the job's requirements is asked apart, by `fulfils`.
 */
export function fitsTemplate(template: PoolTemplate, spec: JobSpec): boolean {
  return (
    isSameImage(template.image, spec.image) &&
    template.network === spec.network &&
    sameResources(template.resources, spec.resources) &&
    template.architecture === spec.requirements.architecture &&
    // In a shared network, jobs of several tenants could reach each other.
    (template.tenant === spec.tenant || (template.tenant === undefined && template.shareNetwork !== true)) &&
    Object.entries(template.labels).every(([key, value]) => spec.labels[key] === value)
  );
}

const sameResources = (a: Resources, b: Resources): boolean =>
  RESOURCE_NAMES.every((name) => a[name] === b[name] || (name === 'gpu' && (a.gpu ?? 0) === (b.gpu ?? 0)));

const isSameImage = (a: string, b: string): boolean => a === b || withTag(a) === withTag(b);

/** A name without a tag and without a digest means the tag `latest`. The colon of a registry's port is none of a tag. */
const withTag = (image: string): string => (/[:@][^/]*$/.test(image) ? image : `${image}:latest`);
