import { HodeiError, type JobRefusal } from '@hodei/domain';

import type { ProviderRefusal, RefusalKind, SelectionExplanation } from './explain-selection.ts';

/**
 * Says why there is no provider for some work: `limit_exceeded` where none could ever take it,
 * `provider_unavailable` where one could at another time, or none is registered.
 *
 * `details.nearestId` and `nearestName`, where present: the provider that lacks the least room, and nothing else.
 * `details.retryAt`, where present, is the earliest moment at which trying again may help.
 */
export function noProviderError({ refusals, fulfillable }: SelectionExplanation): HodeiError {
  if (refusals.length === 0) {
    return new HodeiError('provider_unavailable', 'no provider is registered; register one first');
  }
  if (!fulfillable) {
    const shortfalls = refusals.map((refusal) => describe(refusal, true)).join('; ');
    return new HodeiError('limit_exceeded', `no provider can ever run this. ${shortfalls}`, {
      details: { providers: refusals.length },
    });
  }
  const able = refusals.filter(({ reasons }) => reasons.every(({ kind }) => kind !== 'shortfall'));
  const [nearest] = able
    .flatMap(({ providerId, name, missing }) => (missing === undefined ? [] : { providerId, name, missing }))
    .toSorted((a, b) => a.missing - b.missing);
  const times = able.flatMap(({ retryAt }) => retryAt ?? []);
  return new HodeiError(
    'provider_unavailable',
    `no provider can run this now. ${refusals.map((refusal) => describe(refusal, false)).join('; ')}`,
    {
      details: {
        providers: refusals.length,
        reason: reasonOf(able),
        ...(nearest === undefined ? {} : { nearestId: nearest.providerId, nearestName: nearest.name }),
        ...(times.length === 0 ? {} : { retryAt: Math.min(...times) }),
      },
    },
  );
}

/** What is in the way of the provider that is nearest to taking it. */
function reasonOf(able: readonly ProviderRefusal[]): JobRefusal['reason'] {
  const only = (...kinds: readonly RefusalKind[]): boolean =>
    able.some(({ reasons }) => reasons.every(({ kind }) => kinds.includes(kind)));
  if (only('no_capacity')) return 'no_capacity';
  return only('no_capacity', 'health', 'breaker', 'not_connected') ? 'provider_unhealthy' : 'no_provider';
}

function describe({ name, reasons }: ProviderRefusal, onlyShortfalls: boolean): string {
  const told = onlyShortfalls ? reasons.filter(({ kind }) => kind === 'shortfall') : reasons;
  return `${name}: ${told.map(({ message }) => message).join(', ')}`;
}
