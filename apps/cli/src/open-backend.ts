import { HodeiError } from '@hodei/domain';
import { parseSettings } from '@hodei/server';

import type { Backend } from './backend.ts';
import { EmbeddedBackend } from './embedded/embedded-backend.ts';
import { createWordsDiagnostics } from './output/words-diagnostics.ts';
import type { Sink } from './output/sink.ts';

/**
 * The backend that the environment names: a server with `HODEI_URL`, else this machine.
 * @throws HodeiError `config_invalid`, `unsupported`
 */
export function openBackend(params: {
  readonly env: NodeJS.ProcessEnv;
  readonly stderr: Sink;
  /** The program of this CLI. */
  readonly entry: string;
  readonly quiet: boolean;
}): Backend {
  const settings = parseSettings(params.env);
  if (settings.url !== undefined) {
    throw new HodeiError(
      'unsupported',
      'HODEI_URL is set, but this version has no client for a server yet; unset it to work on this machine',
    );
  }
  const diagnostics = createWordsDiagnostics(params.stderr, params.quiet ? 'silent' : settings.logLevel);
  return new EmbeddedBackend({ settings, diagnostics, entry: params.entry });
}
