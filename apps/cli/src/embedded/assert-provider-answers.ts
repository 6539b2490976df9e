import type { ProviderRegistry, ProviderView } from '@hodei/application';
import { HodeiError } from '@hodei/domain';

/**
 * Refuses to go on where no provider could take a job now: without this, a job would be stored and wait for an engine
 * that a person has to start first.
 * @throws HodeiError `provider_unavailable`, with what is wrong with each provider.
 */
export async function assertProviderAnswers(registry: Pick<ProviderRegistry, 'find'>): Promise<void> {
  const providers = await registry.find();
  if (providers.some(canTakeJobs)) return;
  const each = providers.map(whyNot).join('; ');
  throw new HodeiError(
    'provider_unavailable',
    each === '' ? 'no provider is registered' : `no provider can take a job now. ${each}. "hodei doctor" says more`,
    { details: { providers: providers.length } },
  );
}

const canTakeJobs = ({ config, health }: ProviderView): boolean =>
  config.mode === 'active' && (health.status === 'healthy' || health.status === 'degraded');

function whyNot({ config, health }: ProviderView): string {
  if (config.mode !== 'active')
    return `${config.name}: ${config.mode}; "hodei providers enable ${config.name}" lets it take jobs`;
  return `${config.name}: ${health.reasons.join(', ') || health.status}`;
}
