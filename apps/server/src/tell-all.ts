import type { Diagnostics, Telemetry } from '@hodei/application';

/** Tells several listeners the same. One that fails is reported, and harms nobody. */
export function tellAll(listeners: readonly Partial<Telemetry>[], diagnostics: Diagnostics): Telemetry {
  const all =
    <Name extends keyof Telemetry>(name: Name) =>
    (...args: Parameters<Telemetry[Name]>): void => {
      for (const listener of listeners) {
        try {
          // TypeScript does not see that the method and its arguments are of one name.
          (listener[name] as ((...given: Parameters<Telemetry[Name]>) => void) | undefined)?.apply(listener, args);
        } catch (error) {
          diagnostics.error('telemetry has failed', { event: name, error });
        }
      }
    };
  return {
    submitted: all('submitted'),
    launched: all('launched'),
    firstByte: all('firstByte'),
    attemptEnded: all('attemptEnded'),
    jobEnded: all('jobEnded'),
    jobsExpired: all('jobsExpired'),
    takenOver: all('takenOver'),
    leakFound: all('leakFound'),
    outputStored: all('outputStored'),
    leaseRenewed: all('leaseRenewed'),
    poolTarget: all('poolTarget'),
    poolWorkerMade: all('poolWorkerMade'),
  };
}
