import type { Diagnostics } from '@hodei/application';
import { pino, stdSerializers } from 'pino';

import type { Settings } from './settings/parse-settings.ts';

/** Structured log lines on stderr, so that stdout stays the job's. */
export function createPinoDiagnostics(level: Settings['logLevel']): Diagnostics {
  const log = pino(
    { level, base: null, serializers: { error: stdSerializers.errWithCause } },
    pino.destination({ fd: 2, sync: true }),
  );
  return {
    info: (message, facts) => log.info(facts ?? {}, message),
    warn: (message, facts) => log.warn(facts ?? {}, message),
    error: (message, facts) => log.error(facts ?? {}, message),
  };
}
