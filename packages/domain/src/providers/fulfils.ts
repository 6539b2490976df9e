import type { ProviderCapabilities } from './capabilities.ts';
import type { Requirements } from './requirements.ts';
import { RESOURCE_NAMES, type Resources } from './resources.ts';

/** All that is matched against capabilities. */
export interface Demand {
  readonly resources: Resources;
  readonly requirements: Requirements;
  /** `none`, `bridge` or a name. */
  readonly network: string;
  readonly timeoutMs?: number;
}

/** Empty where the capabilities fulfil the demand, else one sentence for each thing that is missing. */
export type Shortfall = readonly string[];

/**
 * The one place where capabilities meet demands. All-of for features and labels, any-of for regions; every
 * resource must be enforceable and within bounds.
 */
export function shortfall(capabilities: ProviderCapabilities, demand: Demand): Shortfall {
  const { requirements } = demand;
  const missing = [...resourceShortfall(capabilities, demand.resources)];
  const need = (ok: boolean, sentence: string): void => {
    if (!ok) missing.push(sentence);
  };
  const { architecture, gpuType, runtime, regions } = requirements;
  need(
    architecture === undefined || capabilities.architectures.includes(architecture),
    `no architecture ${architecture}`,
  );
  need(gpuType === undefined || capabilities.gpuTypes.includes(gpuType), `no GPU of type ${gpuType}`);
  need(runtime === undefined || capabilities.runtimes.includes(runtime), `no runtime ${runtime}`);
  need(
    regions === undefined || regions.length === 0 || regions.some((region) => capabilities.regions.includes(region)),
    `in none of the regions ${regions?.join(', ')}`,
  );
  for (const feature of requirements.capabilities ?? []) {
    need(capabilities.features.includes(feature), `no capability ${feature}`);
  }
  for (const [key, value] of Object.entries(requirements.labels ?? {})) {
    need(capabilities.labels[key] === value, `no label ${key}=${value}`);
  }
  need(demand.network === 'none' || capabilities.customNetworking, `no network ${demand.network}, only "none"`);
  const { maxExecutionMs } = capabilities;
  need(
    maxExecutionMs === undefined || demand.timeoutMs === undefined || demand.timeoutMs <= maxExecutionMs,
    `runs jobs for at most ${maxExecutionMs} ms`,
  );
  return missing;
}

/** True where nothing is missing; see {@link shortfall}. */
export const fulfils = (capabilities: ProviderCapabilities, demand: Demand): boolean =>
  shortfall(capabilities, demand).length === 0;

function* resourceShortfall(capabilities: ProviderCapabilities, asked: Resources): Generator<string> {
  for (const name of RESOURCE_NAMES) {
    const value = asked[name];
    if (value === undefined || (name === 'gpu' && value === 0)) continue;
    const most = capabilities.maxResources[name];
    const least = capabilities.minResources[name];
    if (!capabilities.enforcedLimits.includes(name)) yield `can't enforce ${name}`;
    else if (most !== undefined && value > most) yield `${name} ${value} is over its maximum of ${most}`;
    else if (least !== undefined && value < least) yield `${name} ${value} is under its minimum of ${least}`;
  }
}
