import { RESOURCE_NAMES, type ProviderCapabilities, type Resources } from '@hodei/domain';

/**
 * What a provider claims where the operator says otherwise than the probe: what the engine decides can only
 * become less, the rest is the operator's to say.
 */
export function narrowCapabilities(
  probed: ProviderCapabilities,
  said: Partial<ProviderCapabilities>,
): ProviderCapabilities {
  const both = { ...probed, ...said };
  const common = <T>(own: readonly T[], asked: readonly T[] | undefined): readonly T[] =>
    asked === undefined ? own : own.filter((each) => asked.includes(each));
  return {
    ...both,
    maxResources: bounds(probed.maxResources, said.maxResources, Math.min),
    minResources: bounds(probed.minResources, said.minResources, Math.max),
    enforcedLimits: common(probed.enforcedLimits, said.enforcedLimits),
    architectures: common(probed.architectures, said.architectures),
    runtimes: common(probed.runtimes, said.runtimes),
    launchModes: common(probed.launchModes, said.launchModes),
    persistentStorage: probed.persistentStorage && both.persistentStorage,
    customNetworking: probed.customNetworking && both.customNetworking,
    watch: probed.watch && both.watch,
    retainedLogs: probed.retainedLogs && both.retainedLogs,
    recovery: probed.recovery && both.recovery,
    reuse: probed.reuse && both.reuse,
    sharedNetwork: probed.sharedNetwork && both.sharedNetwork,
  };
}

function bounds(own: Resources, said: Resources | undefined, tighter: (a: number, b: number) => number): Resources {
  const entries = RESOURCE_NAMES.flatMap((name) => {
    const values = [own[name], said?.[name]].filter((value) => value !== undefined);
    return values.length === 0 ? [] : [[name, values.reduce((a, b) => tighter(a, b))] as const];
  });
  return Object.fromEntries(entries);
}
