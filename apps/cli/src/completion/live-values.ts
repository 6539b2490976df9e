import { WORKER_STATES } from '@hodei/domain';

import type { Backend } from '../backend.ts';
import type { Candidate } from './complete-words.ts';
import type { LiveValues } from './value-sources.ts';

/** More than these nobody reads. */
const MOST = 100;

/** What there is at the moment, the newest first. @throws HodeiError where it can't be seen. */
export async function liveValues(backend: Backend, what: LiveValues): Promise<readonly Candidate[]> {
  switch (what) {
    case 'jobs':
      return (await backend.listJobs({ limit: MOST })).items.map(({ id, state, spec }) => ({
        value: id,
        about: [state, spec.name ?? spec.image].join(' '),
      }));
    case 'jobNames': {
      const { items } = await backend.listJobs({ limit: MOST });
      return [...new Set(items.map(({ spec }) => spec.name))].flatMap((name) =>
        name === undefined ? [] : [{ value: name }],
      );
    }
    case 'workers': {
      const states = WORKER_STATES.filter((state) => state !== 'terminated');
      return (await backend.listWorkers({ states, limit: MOST })).items.map(({ worker }) => ({
        value: worker.id,
        about: `${worker.state} ${worker.image}`,
      }));
    }
    case 'providers':
      return (await backend.providerLoads()).map(({ name, status }) => ({ value: name, about: status }));
    case 'pools':
      return (await backend.listPools()).map(({ pool: { name, template } }) => ({
        value: name,
        about: template.image,
      }));
    case 'queues':
      return (await backend.listQueues()).map(({ name, pending }) => ({ value: name, about: `${pending} pending` }));
    case 'limits':
      return (await backend.listLimits()).map(({ key, maxInFlight }) => ({
        value: key,
        about: `at most ${maxInFlight}`,
      }));
    case 'tokens':
      return (await backend.listTokens()).map(({ id, name }) => ({ value: id, about: name }));
    default:
      return what satisfies never;
  }
}
